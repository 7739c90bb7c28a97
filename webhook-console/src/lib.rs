#![doc = include_str!("../README.md")]
#![allow(clippy::result_large_err, reason = "a refusal is a page, and is made once")]

mod access;
mod action;
mod assets;
mod cache;
mod calendar;
mod changes;
mod console;
mod counts;
mod estimate;
mod fetch;
mod figures;
mod filter;
mod format;
mod hour;
mod html;
mod kind;
mod links;
mod screens;
mod token;
mod view;

pub use self::{
    access::{Access, AccessError, Permission},
    console::Console,
};
