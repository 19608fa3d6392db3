// Traits, generics, closures and enums: for stops compared with gdb under many flags.
use std::hint::black_box;

trait Shape { fn area(&self, scale: i32) -> i32; }
struct Square { side: i32 }
struct Pair<T> { first: T, second: T }

impl Shape for Square {
    #[inline(never)]
    fn area(&self, scale: i32) -> i32 {
        let doubled = self.side * scale;
        black_box(doubled) + 1 // in area
    }
}

impl<T: Copy + std::ops::Add<Output = T>> Pair<T> {
    #[inline(never)]
    fn sum(&self) -> T {
        let total = self.first + self.second;
        black_box(total) // in sum
    }
}

#[inline(never)]
fn descend(depth: u8, values: &[i64]) -> i64 {
    let here = values[depth as usize];
    if depth == 0 {
        return black_box(here); // at bottom
    }
    descend(depth - 1, values) + here
}

fn main() {
    let shape: &dyn Shape = &Square { side: black_box(6) };
    let area = shape.area(2);
    let pair = Pair { first: black_box(1.5), second: 2.0 };
    let sum = pair.sum() + Pair { first: 3, second: area }.sum() as f64;
    let reached = descend(2, &[10, 20, 30]);
    let add = |more: i64| { let added = more + reached; black_box(added) }; // in closure
    println!("{} {} {}", area, sum, add(4)); // prints
}
