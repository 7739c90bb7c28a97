//! Banners, toasts and empty states.

use maud::{Markup, html};

use crate::html::icons::icon;

/// The colour of a banner.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    /// Something is paused, or may go wrong.
    Amber,
    /// Nothing was changed.
    Red,
    /// It is done.
    Green,
    /// It is going on.
    Blue,
}

/// A banner: a heading, a sentence, and at most one button.
pub(crate) fn banner(
    tone: Tone,
    symbol: &str,
    heading: &Markup,
    text: &Markup,
    button: &Markup,
) -> Markup {
    let class = match tone {
        Tone::Amber => "banner amber",
        Tone::Red => "banner red",
        Tone::Green => "banner green",
        Tone::Blue => "banner blue",
    };
    html! {
        div class=(class) {
            (icon(symbol))
            div.banner-text { strong { (heading) } div { (text) } }
            div.banner-button { (button) }
        }
    }
}

/// A sentence about what has just been done.
pub(crate) fn toast(sentence: &Markup) -> Markup {
    html! { div.toast role="status" { (icon("completed")) p { (sentence) } } }
}

/// An explanation of why there is nothing.
pub(crate) fn empty(symbol: &str, heading: &str, text: &Markup, buttons: &Markup) -> Markup {
    html! {
        div.empty {
            (icon(symbol))
            h2 { (heading) }
            p { (text) }
            div.buttons { (buttons) }
        }
    }
}

/// The text of a panel whose figures cannot be had.
pub(crate) fn unavailable(error: &str) -> Markup {
    html! { p.unavailable { (icon("warning")) (error) } }
}
