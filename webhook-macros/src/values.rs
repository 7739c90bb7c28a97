//! Readers for values that both macros accept.

use crate::errors::Errors;
use syn::{Expr, ExprLit, Lit, LitStr, Path};

/// The path after `crate =`.
pub(crate) fn crate_path(value: &Expr, errors: &mut Errors) -> Option<Path> {
    match ungroup(value) {
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        Expr::Lit(ExprLit { lit: Lit::Str(lit), .. }) => {
            errors.over(lit, "a path is written without quotes: `crate = some::path`");
            lit.parse_with(Path::parse_mod_style).ok()
        }
        other => {
            errors.over(other, "expected the path of a crate or module: `crate = some::path`");
            None
        }
    }
}

pub(crate) fn string(value: &Expr) -> Option<&LitStr> {
    match ungroup(value) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(lit) => Some(lit),
            _ => None,
        },
        _ => None,
    }
}

/// The expression inside the invisible groups that `macro_rules` adds.
pub(crate) fn ungroup(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}
