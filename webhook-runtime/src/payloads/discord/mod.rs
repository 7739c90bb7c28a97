//! Discord's [interactions][docs]: commands, components and modals. An endpoint answers Discord's
//! ping by itself. Discord's webhook events are not here.
//!
//! An interaction always has an id, a type and its data. A command and each option have a name, a
//! component and a modal have a `custom_id`, and a user has an id. Anything else may be missing or
//! `null`.
//!
//! Ids are text, as Discord sends them.
//!
//! [docs]: https://docs.discord.com/developers/interactions/receiving-and-responding

mod account;
mod command;
mod component;
mod interaction;
mod resolved;
mod value;

pub use super::sensitive::Sensitive;
pub use account::{Member, User};
pub use command::{Command, CommandKind, CommandOption, OptionKind};
pub use component::{Component, ComponentKind, Modal, ModalInput};
pub use interaction::{Interaction, InteractionContext, InteractionKind};
pub use resolved::{Attachment, Channel, Message, Resolved, Role};
pub use value::InputValue;
