//! Servers in processes of their own, and clients that cost little, over loopback.

mod client;
mod server;

pub use client::{Client, Slice};
pub use server::{Server, serve};
