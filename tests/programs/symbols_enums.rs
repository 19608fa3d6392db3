// build: -g
// Rust: enums with and without data, a niche, tuples, slices, references.
#![allow(dead_code)]
pub enum Shape { Circle(f64), Square { side: u32 }, Empty }
#[repr(i8)]
#[derive(Clone, Copy)]
pub enum Signed { Low = -5, High = 7 }
pub static ANSWER: i32 = 42;
mod inner { pub static DEPTH: u8 = 3; pub struct Holder { pub value: i64 } }

#[inline(never)]
fn look(shape: &Shape, niche: Option<&u32>, signed: Signed, pair: (u8, i16), list: &[i32], text: &str) -> i64 {
    let holder = inner::Holder { value: list.len() as i64 };
    let array = [1u16, 2, 3];
    let side = match shape { Shape::Circle(r) => *r as i64, Shape::Square { side } => *side as i64, Shape::Empty => 0 };
    holder.value + side + array[1] as i64 + niche.map_or(0, |n| *n as i64) + signed as i64 + pair.1 as i64 + text.len() as i64 // looks
}

fn main() {
    let shapes = [Shape::Circle(1.5), Shape::Square { side: 4 }, Shape::Empty];
    let number = 9u32;
    let total: i64 = shapes.iter().map(|s| look(s, Some(&number), Signed::Low, (1, -2), &[5, 6], "hi")).sum();
    println!("{}", total + ANSWER as i64 + inner::DEPTH as i64);
}
