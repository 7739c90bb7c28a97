//! Requests to the console, and the pages that answer them.

#![allow(clippy::unwrap_used, clippy::format_collect, clippy::format_push_string, reason = "tests")]

mod access;
mod attacks;
mod changes;
mod list;
mod screens;
mod site;
mod slow;
mod streams;
