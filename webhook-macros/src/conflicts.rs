//! Options and arguments that do not go together.

use crate::args::Args;
use crate::arguments;
use crate::errors::Errors;
use crate::handler::Handler;

/// Reports what `inbox` excludes, and what only works with it.
pub(crate) fn check(args: &Args, handler: &Handler, errors: &mut Errors) {
    let late = args.setters.iter().find(|setter| setter.name == "respond_within");
    if let Some(late) = late.filter(|_| args.inbox) {
        errors.at(
            late.name.span(),
            "`respond_within` has no effect with `inbox`: a delivery is answered as soon as it is \
             stored, and the handler runs afterwards",
        );
    }
    let runtime = args.runtime.as_ref();
    let tx = handler.extractors().iter().find_map(|ty| Some((ty, arguments::tx(ty, runtime)?)));
    if let Some((ty, tx)) = tx.filter(|_| !args.inbox) {
        errors.over(
            ty,
            format!(
                "`Tx` is the transaction that completes a stored delivery: add `inbox` to the \
                 attribute{}",
                tx.or_yours()
            ),
        );
    }
}
