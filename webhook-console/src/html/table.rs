//! Tables.

use maud::{Markup, html};

/// The name of a column, and true if it has numbers.
pub(crate) type Column = (&'static str, bool);

/// A table whose rows are cards on a phone. Every part has its role: the stylesheet changes their
/// `display` there, and browsers drop the roles of elements with another `display`.
pub(crate) fn cards(class: &str, caption: &str, columns: &Markup, rows: &Markup) -> Markup {
    html! {
        table class=(class) role="table" {
            caption.hidden { (caption) }
            thead role="rowgroup" { tr role="row" { (columns) } }
            tbody role="rowgroup" { (rows) }
        }
    }
}

/// The headings of columns of [`cards`].
pub(crate) fn columns(columns: &[Column]) -> Markup {
    html! {
        @for (name, is_number) in columns {
            th.number[*is_number] role="columnheader" scope="col" { (name) }
        }
    }
}

/// A table that stays one on a phone.
pub(crate) fn plain(class: &str, caption: &str, columns: &[Column], rows: &Markup) -> Markup {
    html! {
        table class=(class) {
            caption.hidden { (caption) }
            thead {
                tr {
                    @for (name, is_number) in columns {
                        th.number[*is_number] scope="col" { (name) }
                    }
                }
            }
            tbody { (rows) }
        }
    }
}
