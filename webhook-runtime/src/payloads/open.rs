//! Enums of a provider's words and numbers, to which the provider may add more.

/// An enum of words.
#[allow(unused_macros, reason = "not every feature has such words")]
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($arm:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(
                #[doc = concat!("`", $text, "`")]
                $arm,
            )+
            /// A word without a variant, as it was sent.
            Unknown(std::borrow::Cow<'a, str>),
        }

        impl<'a> $name<'a> {
            /// The words with a variant. A later version may have more.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The word, as it was sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$arm => $text,)+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl<'a> From<std::borrow::Cow<'a, str>> for $name<'a> {
            fn from(text: std::borrow::Cow<'a, str>) -> Self {
                match &*text {
                    $($text => Self::$arm,)+
                    _ => Self::Unknown(text),
                }
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(text: &'a str) -> Self {
                std::borrow::Cow::Borrowed(text).into()
            }
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::payloads::lenient::Text::deserialize(from).map(|text| text.0.into())
            }
        }
    };
}

/// An enum of numbers that stand for words.
#[allow(unused_macros, reason = "not every feature has such numbers")]
macro_rules! open_number {
    ($(#[$meta:meta])* $name:ident { $($arm:ident = $number:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $number, "`")]
                $arm,
            )+
            /// A number without a variant.
            Unknown(u64),
        }

        impl $name {
            /// The numbers with a variant. A later version may have more.
            pub const KNOWN: &'static [u64] = &[$($number),+];

            /// The number, as it was sent.
            #[must_use]
            pub fn number(self) -> u64 {
                match self {
                    $(Self::$arm => $number,)+
                    Self::Unknown(number) => number,
                }
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                match number {
                    $($number => Self::$arm,)+
                    _ => Self::Unknown(number),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                u64::deserialize(from).map(Self::from)
            }
        }
    };
}

#[allow(unused_imports, reason = "not every feature has such words or numbers")]
pub(super) use {open_enum, open_number};
