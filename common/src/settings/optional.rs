//! Sections that can be off: by being absent, empty, or by saying `enabled: false`.
//!
//! | | absent | `key:` | `key: {}` | `enabled: false` |
//! |---|---|---|---|---|
//! | [`NoneByDefault`] | off | off | on | off |
//! | [`DefaultOnNull`] | off | on | on | off |
//! | [`SomeByDefault`] | on | on | on | off |

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::decode::{OPTIONAL, OPTIONAL_SOME};

macro_rules! optional_section {
    ($(#[$doc:meta])* $name:ident, magic: $magic:ident, absent: $absent:expr, null: $null:expr, off: $off:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name<T> {
            section: Option<T>,
        }

        impl<T> $name<T> {
            /// The section, if it is on.
            #[must_use]
            pub const fn get(&self) -> Option<&T> {
                self.section.as_ref()
            }

            /// The section, to be changed if it is on.
            pub const fn as_mut(&mut self) -> Option<&mut T> {
                self.section.as_mut()
            }

            /// The section by value, if it is on.
            #[must_use]
            pub fn into_option(self) -> Option<T> {
                self.section
            }

            /// Whether it is on.
            #[must_use]
            pub const fn is_on(&self) -> bool {
                self.section.is_some()
            }

            /// Whether it is off.
            #[must_use]
            pub const fn is_off(&self) -> bool {
                self.section.is_none()
            }

            /// The section, on.
            pub const fn on(section: T) -> Self {
                Self { section: Some(section) }
            }

            /// The section, off.
            #[must_use]
            pub const fn off() -> Self {
                Self { section: None }
            }
        }

        impl<T: Default> Default for $name<T> {
            fn default() -> Self {
                let absent: fn() -> Option<T> = $absent;
                Self { section: absent() }
            }
        }

        impl<T: Serialize> Serialize for $name<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match &self.section {
                    Some(section) => section.serialize(serializer),
                    None => $off(serializer),
                }
            }
        }

        impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = SectionVisitor { null: $null, section: PhantomData };
                let section = deserializer.deserialize_newtype_struct($magic, visitor)?;
                Ok(Self { section })
            }
        }
    };
}

optional_section!(
    /// A section that is off until something is written in it, such as `tls`.
    NoneByDefault, magic: OPTIONAL, absent: || None, null: || None, off: off_as_null
);
optional_section!(
    /// A section that is off until its key is written, such as `protocols::grpc`.
    DefaultOnNull, magic: OPTIONAL, absent: || None, null: || Some(T::default()), off: off_as_map
);
optional_section!(
    /// A section that is on until it is switched off, such as `sending_queue`.
    SomeByDefault,
    magic: OPTIONAL_SOME,
    absent: || Some(T::default()),
    null: || Some(T::default()),
    off: off_as_map
);

fn off_as_null<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

// Null would read as on.
fn off_as_map<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry("enabled", &false)?;
    map.end()
}

struct SectionVisitor<T> {
    null: fn() -> Option<T>,
    section: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for SectionVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a section")
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok((self.null)())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Option<T>, D::Error> {
        T::deserialize(inner).map(Some)
    }

    // Switched off: what is written is still checked, and then forgotten.
    fn visit_seq<A: SeqAccess<'de>>(self, mut inner: A) -> Result<Option<T>, A::Error> {
        inner.next_element::<T>().map(|_| None)
    }
}

#[cfg(test)]
mod tests;
