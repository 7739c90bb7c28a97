//! Mutations of what the macros are given: see `fuzz/macros`. `MUTATIONS=1000000` says how many.

use std::env;

#[test]
fn macros_keep_the_function_and_return_rust() {
    let count = env::var("MUTATIONS").map_or(100_000, |count| count.parse().expect("a number"));
    let [attributes, derives] = webhook_macros_fuzz::run(0, count);
    println!("{attributes} mutations of the attribute, {derives} of the derive");
    assert_eq!(attributes + derives, count);
}
