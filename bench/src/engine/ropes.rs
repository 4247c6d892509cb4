//! Plain ropes: they keep a text and nothing else. The floor under local typing.

use std::hint::black_box;

use crate::history::Splice;

/// A rope that edits can be replayed into.
pub trait Rope: Default {
    /// What it is called in tables.
    const NAME: &'static str;
    /// Does one edit.
    fn edit(&mut self, splice: &Splice);
    /// The text.
    fn text(&self) -> String;
}

/// Replays edits into a rope and returns it.
pub fn replay<R: Rope>(edits: &[Splice]) -> R {
    let mut rope = R::default();
    edits.iter().for_each(|splice| rope.edit(splice));
    black_box(rope)
}

/// Ropes that count in scalars, all in the same words.
macro_rules! scalar_rope {
    ($rope:ty, $name:literal, $text:expr) => {
        impl Rope for $rope {
            const NAME: &'static str = $name;

            fn edit(&mut self, Splice { pos, deleted, inserted }: &Splice) {
                if deleted.scalars > 0 {
                    self.remove(pos.scalars..pos.scalars + deleted.scalars);
                }
                if !inserted.is_empty() {
                    self.insert(pos.scalars, inserted);
                }
            }

            fn text(&self) -> String {
                let text: fn(&Self) -> String = $text;
                text(self)
            }
        }
    };
}
scalar_rope!(jumprope::JumpRopeBuf, "jumprope, buffered", |rope| rope.borrow().to_string());
scalar_rope!(jumprope::JumpRope, "jumprope", |rope| rope.to_string());
scalar_rope!(ropey::Rope, "ropey", |rope| rope.to_string());

/// crop counts in UTF-16 here, through its own conversion: it has none for scalars.
#[derive(Default)]
pub struct Crop(crop::Rope);

impl std::fmt::Debug for Crop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Rope for Crop {
    const NAME: &'static str = "crop";

    fn edit(&mut self, Splice { pos, deleted, inserted }: &Splice) {
        let from = self.0.byte_of_utf16_code_unit(pos.utf16);
        let to = match deleted.utf16 {
            0 => from,
            more => self.0.byte_of_utf16_code_unit(pos.utf16 + more),
        };
        self.0.replace(from..to, inserted);
    }

    fn text(&self) -> String {
        self.0.to_string()
    }
}
