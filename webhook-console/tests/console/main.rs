//! The console as somebody sees it who asks for its pages.

#![allow(clippy::unwrap_used, clippy::format_collect, clippy::format_push_string, reason = "tests")]

mod access;
mod attacks;
mod changes;
mod list;
mod screens;
mod site;
mod slow;
mod streams;
