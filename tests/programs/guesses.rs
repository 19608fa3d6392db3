// Rust: structs, slices, methods, a closure, an enum with data.
struct Guess {
    value: i32,
    text: &'static str,
}

enum Answer {
    Low(i32),
    Right,
}

#[inline(never)]
fn judge(guess: &Guess, secret: i32) -> Answer {
    let difference = secret - guess.value; // difference
    if difference == 0 { // judges
        return Answer::Right;
    }
    Answer::Low(difference)
}

fn main() {
    let guess = Guess { value: 40, text: "forty" };
    let list = vec![1, 2, 3];
    let sum: i32 = list.iter().sum();
    let answer = judge(&guess, 42); // calls
    match answer {
        Answer::Low(by) => println!("{} is low by {} {}", guess.text, by, sum), // prints
        Answer::Right => println!("right"),
    }
}
