//! Runs an example as a process of its own, and sends requests to it over sockets of its own. The
//! tests of the examples share it.

pub mod attacks;
mod http;
mod program;

pub use self::{
    http::{Connection, Response, request},
    program::{Program, fails_to_start, wait_until_closed},
};
