//! Words that may be written in any case, such as log levels.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IntoDeserializer},
};

/// Reads an enum of lower-case words, whatever the case they are written in.
///
/// For `#[serde(deserialize_with = "settings::any_case")]`.
///
/// # Errors
/// If the word is none of the enum's.
pub fn any_case<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?.to_lowercase();
    T::deserialize(word.into_deserializer())
}
