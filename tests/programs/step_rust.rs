// Closures, traits, a panic that is caught.
use std::panic;

trait Shape {
    fn area(&self) -> i32;
}

struct Square(i32);

impl Shape for Square {
    fn area(&self) -> i32 {
        self.0 * self.0 // in area
    }
}

fn panics(depth: i32) -> i32 {
    if depth == 0 {
        panic!("thrown"); // panics
    }
    panics(depth - 1) + 1 // recurses
}

fn main() {
    let shape: Box<dyn Shape> = Box::new(Square(4)); // boxes
    let mut sum = shape.area(); // calls area
    let twice = |x: i32| x * 2; // closure
    sum += twice(3); // calls closure
    let caught = panic::catch_unwind(|| panics(2)); // catches
    if caught.is_err() { // tests caught
        sum += 1; // was caught
    }
    let total: i32 = vec![1, 2, 3].iter().map(|x| x + sum).sum(); // iterates
    println!("{}", total); // prints
} // last
