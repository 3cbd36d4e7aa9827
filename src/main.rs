//! The program `tributary`.

fn main() {}
