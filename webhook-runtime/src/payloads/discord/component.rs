//! Components of messages, and modals.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    discord::{InputValue, Resolved},
    lenient, open_number,
};

/// The data of a [component][docs] that was used: a button, or a menu.
///
/// [docs]: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-message-component-data-structure
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Component<'a> {
    /// The id that you gave it.
    #[serde(borrow)]
    pub custom_id: Cow<'a, str>,
    /// Its kind.
    #[serde(rename = "component_type")]
    pub kind: Option<ComponentKind>,
    /// The choices in a menu, ids in those of users, roles and channels.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub values: Vec<Cow<'a, str>>,
    /// More about the ids in it.
    #[serde(borrow)]
    pub resolved: Option<Resolved<'a>>,
}

/// The data of a [modal][docs] that was filled.
///
/// [docs]: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-modal-submit-data-structure
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Modal<'a> {
    /// The id that you gave it.
    #[serde(borrow)]
    pub custom_id: Cow<'a, str>,
    /// Its inputs, each in a label or a row.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub components: Vec<ModalInput<'a>>,
    /// More about the ids in it.
    #[serde(borrow)]
    pub resolved: Option<Resolved<'a>>,
}

impl<'a> Modal<'a> {
    /// The input of this `custom_id`, in whatever label or row.
    #[must_use]
    pub fn input(&self, custom_id: &str) -> Option<&ModalInput<'a>> {
        self.components.iter().find_map(|component| component.find(custom_id))
    }
}

/// An input of a modal, or a label or a row around some.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ModalInput<'a> {
    /// The id that you gave it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub custom_id: Option<Cow<'a, str>>,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Option<ComponentKind>,
    /// The text, or the choice in a group of which one can be chosen.
    #[serde(borrow)]
    pub value: Option<InputValue<'a>>,
    /// The choices, ids in menus of users, roles and channels, and of files.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub values: Vec<Cow<'a, str>>,
    /// The input in a label.
    #[serde(borrow)]
    pub component: Option<Box<ModalInput<'a>>>,
    /// The inputs in a row.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub components: Vec<ModalInput<'a>>,
}

impl<'a> ModalInput<'a> {
    fn find(&self, custom_id: &str) -> Option<&ModalInput<'a>> {
        if self.custom_id.as_deref() == Some(custom_id) {
            return Some(self);
        }
        let mut inner = self.component.as_deref().into_iter().chain(&self.components);
        inner.find_map(|component| component.find(custom_id))
    }
}

open_number! {
    /// The [kind](https://docs.discord.com/developers/components/reference) of a component.
    ComponentKind {
        ActionRow = 1,
        Button = 2,
        StringSelect = 3,
        TextInput = 4,
        UserSelect = 5,
        RoleSelect = 6,
        MentionableSelect = 7,
        ChannelSelect = 8,
        TextDisplay = 10,
        Label = 18,
        FileUpload = 19,
        RadioGroup = 21,
        CheckboxGroup = 22,
        Checkbox = 23,
    }
}
