//! News between the tabs of this device, through a BroadcastChannel. News is a hint: what
//! counts is in the store, so a tab that misses some is late, not wrong.

use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use palimpsest_core::codec;
use palimpsest_core::{DocumentId, Event, Profile, ReplicaId, Revision};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::profile;

/// The channel's name. A tab with another version of the app on it is understood as far as
/// the kinds of news are the same; the rest is ignored.
const CHANNEL: &str = "palimpsest";

/// What one tab tells the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// These events were sealed by this device and are in the store.
    Sealed {
        /// Whose they are.
        document: DocumentId,
        /// In causal order.
        events: Vec<Event>,
    },
    /// A tab opened a document.
    Joined {
        /// Which one.
        document: DocumentId,
        /// As whom.
        replica: ReplicaId,
    },
    /// The store holds the ordered events up to here.
    Stored {
        /// Whose they are.
        document: DocumentId,
        /// The last one.
        head: Revision,
    },
    /// A document was made, renamed or changed: the library's cards are worth reading again.
    Catalogue,
    /// Who writes on this device changed name or colour.
    Profile(Profile),
}

/// This tab's end of the channel. Dropping it leaves the channel.
pub struct Tabs {
    channel: Option<BroadcastChannel>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Joins the channel. Without one (very old browsers) tabs learn from the server.
    pub fn join(hear: impl Fn(News) + 'static) -> Rc<Self> {
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(news) = read(&event.data()) {
                hear(news);
            }
        });
        let channel = BroadcastChannel::new(CHANNEL).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        Rc::new(Self { channel, _listener: listener })
    }

    /// Tells all other tabs.
    pub fn tell(&self, news: &News) {
        if let Some(channel) = &self.channel {
            // Fails only for values that cannot be copied; bytes, text and numbers can.
            let _ = channel.post_message(&write(news));
        }
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }
}

fn write(news: &News) -> JsValue {
    let fields: Vec<(&str, JsValue)> = match news {
        News::Sealed { document, events } => vec![
            ("kind", "sealed".into()),
            ("document", document.to_string().into()),
            ("bytes", Uint8Array::from(codec::encode_events(events).as_slice()).into()),
        ],
        News::Joined { document, replica } => vec![
            ("kind", "joined".into()),
            ("document", document.to_string().into()),
            ("replica", replica.to_string().into()),
        ],
        News::Stored { document, head } => vec![
            ("kind", "stored".into()),
            ("document", document.to_string().into()),
            ("head", (head.0 as f64).into()),
        ],
        News::Catalogue => vec![("kind", "catalogue".into())],
        News::Profile(profile) => {
            vec![("kind", "profile".into()), ("profile", profile::to_json(profile).into())]
        }
    };
    let entries: Array = fields
        .into_iter()
        .map(|(name, value)| JsValue::from(Array::of2(&name.into(), &value)))
        .collect();
    Object::from_entries(&entries).expect("a list of pairs makes an object").into()
}

fn read(data: &JsValue) -> Option<News> {
    let field = |name: &str| Reflect::get(data, &name.into()).ok();
    let document = || field("document")?.as_string()?.parse().ok();
    match field("kind")?.as_string()?.as_str() {
        "sealed" => {
            let bytes = Uint8Array::new(&field("bytes")?).to_vec();
            Some(News::Sealed { document: document()?, events: codec::decode_events(&bytes).ok()? })
        }
        "joined" => {
            let replica = u64::from_str_radix(&field("replica")?.as_string()?, 16).ok()?;
            Some(News::Joined { document: document()?, replica: ReplicaId(replica) })
        }
        "stored" => Some(News::Stored {
            document: document()?,
            head: Revision(field("head")?.as_f64()? as u64),
        }),
        "catalogue" => Some(News::Catalogue),
        "profile" => Some(News::Profile(profile::from_json(&field("profile")?.as_string()?)?)),
        _ => None,
    }
}
