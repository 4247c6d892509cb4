//! Who writes on this device: a first profile for a new device, and profiles as JSON for
//! the store. What people look like on the screen is the views' business.

use palimpsest_core::{AuthorId, Profile};
use serde_json::{Value, json};

use crate::clock;

/// How many colours a fresh profile is given one of.
const COLOURS: f64 = 8.0;

/// A profile for a device that has none: a new author, a chance colour and no name yet.
pub fn fresh() -> Profile {
    let colour = (clock::fraction() * COLOURS) as u8;
    Profile { author: clock::author_id(), name: String::new(), colour }
}

/// What an author without a name is called: "Guest" and the first digits of the id.
pub fn name_of(author: AuthorId, profile: Option<&Profile>) -> String {
    match profile {
        Some(profile) if !profile.name.trim().is_empty() => profile.name.clone(),
        _ => {
            let id = author.to_string();
            format!("Guest {}", id.get(..4).unwrap_or(&id))
        }
    }
}

/// The profile as the store keeps it.
pub fn to_json(profile: &Profile) -> String {
    json!({
        "author": profile.author.to_string(),
        "name": profile.name,
        "colour": profile.colour,
    })
    .to_string()
}

/// The other direction; `None` when the text is not a profile.
pub fn from_json(json: &str) -> Option<Profile> {
    let value: Value = serde_json::from_str(json).ok()?;
    let author = value.get("author")?.as_str()?;
    let author = AuthorId(u128::from_str_radix(author, 16).ok()?.to_be_bytes());
    let name = value.get("name")?.as_str()?.to_owned();
    let colour = u8::try_from(value.get("colour")?.as_u64()?).ok()?;
    Some(Profile { author, name, colour })
}
