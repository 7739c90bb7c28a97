//! Judges as many mutations as asked for: `cargo run --release -- 1000000`. With a second number, from
//! that case on.

fn main() {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse().expect("a number"));
    let count = numbers.next().unwrap_or(1_000_000);
    let first = numbers.next().unwrap_or(0);
    let [attributes, derives] = webhook_macros_fuzz::run(first, count);
    println!("{attributes} mutations of the attribute and {derives} of the derive are right");
}
