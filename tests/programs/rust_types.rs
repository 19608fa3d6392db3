// build: -g --edition 2021
// Rust's collections, cells, counted pointers and strings of the system.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CString, OsString};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, RwLock};

#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct Point { x: i32, y: i32 }

mod inner { pub mod deep { pub static LEVEL: i32 = 3; } }

fn main() {
    let hash: HashMap<String, i32> = [("one".to_string(), 1)].into_iter().collect();
    let big_hash: HashMap<i32, Point> = (0..100).map(|i| (i, Point { x: i, y: -i })).collect();
    let hash_set: HashSet<u8> = [7].into_iter().collect();
    let no_hash: HashMap<i32, i32> = HashMap::new();
    let tree: BTreeMap<&str, i64> = [("a", 1), ("b", 2), ("c", 3)].into_iter().collect();
    let big_tree: BTreeMap<i32, String> = (0..1000).map(|i| (i, format!("number {i}"))).collect();
    let tree_set: BTreeSet<i32> = (0..50).collect();
    let no_tree: BTreeMap<i32, i32> = BTreeMap::new();
    let mut deque: VecDeque<i32> = (0..5).collect();
    deque.rotate_left(2);
    deque.push_front(9);
    deque.push_front(8);
    let linked: LinkedList<i32> = [1, 2, 3].into_iter().collect();
    let heap: BinaryHeap<i32> = [1, 5, 2].into_iter().collect();
    let rc = Rc::new(Point { x: 1, y: 2 });
    let rc_also = Rc::clone(&rc);
    let weak: Weak<Point> = Rc::downgrade(&rc);
    let rc_str: Rc<str> = Rc::from("shared text");
    let rc_slice: Rc<[i32]> = Rc::from(vec![4, 5, 6]);
    let arc = Arc::new(5u64);
    let cell = Cell::new(5);
    let ref_cell = RefCell::new(vec![1, 2]);
    let borrowed = RefCell::new(1);
    let borrow = borrowed.borrow_mut();
    let shared_cell = Rc::new(RefCell::new(Point { x: 8, y: 9 }));
    let mutex = Mutex::new(Point { x: 3, y: 4 });
    let rwlock = RwLock::new(6);
    let atomic = AtomicUsize::new(17);
    let atomic_bool = AtomicBool::new(true);
    let os = OsString::from("os text");
    let path_buf = PathBuf::from("/usr/lib");
    let path: &Path = path_buf.as_path();
    let c_string = CString::new("c text").unwrap();
    let boxed: Box<Point> = Box::new(Point { x: 5, y: 6 });
    let boxed_str: Box<str> = "boxed".into();
    let tuple = (1u8, "two", 3.5f32);
    let nested: Vec<Option<Rc<Point>>> = vec![Some(rc.clone()), None];
    let large = 300i32;
    let negative = -1i8;
    let float = 2.75f64;
    let character = 'é';
    let reference = &tuple;
    println!("{:?} {:?} {:?}", hash, big_hash.len(), hash_set); // looks
    println!("{:?} {:?} {:?} {:?} {:?}", no_hash, tree, big_tree.len(), tree_set.len(), no_tree);
    println!("{:?} {:?} {:?} {:?} {:?} {:?}", deque, linked, heap, rc, rc_also, weak);
    println!("{:?} {:?} {:?} {:?} {:?} {:?}", rc_str, rc_slice, arc, cell, ref_cell, borrow);
    println!("{:?} {:?} {:?} {:?} {:?} {:?}", shared_cell, mutex, rwlock, atomic, atomic_bool, os);
    println!("{:?} {:?} {:?} {:?} {:?} {:?} {:?}", path_buf, path, c_string, boxed, boxed_str, tuple, nested);
    println!("{} {} {} {} {:?} {}", large, negative, float, character, reference, inner::deep::LEVEL);
}
