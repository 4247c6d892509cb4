//! The messages that were decoded last in one document. A relay is the same bytes for everybody, so
//! it is decoded once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use palimpsest_core::Message;
use palimpsest_core::codec::{self, DecodeError};
use tokio_tungstenite::tungstenite::Bytes;

/// How many messages are remembered: clients are some relays apart.
const REMEMBERED: usize = 32;
/// Shorter frames are answers to one client.
const BYTES_MIN: usize = 64;

/// A message, or why it is none.
pub(crate) type Read = Arc<Result<Message, DecodeError>>;

/// What was read last in one document.
#[derive(Default)]
pub(crate) struct Reading(Mutex<VecDeque<(Bytes, Read)>>);

impl Reading {
    /// Decodes a frame, or remembers what it said.
    pub(crate) fn read(&self, frame: Bytes) -> Read {
        if frame.len() < BYTES_MIN {
            return Arc::new(codec::decode_message(&frame));
        }
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, message)) = last.iter().rev().find(|(bytes, _)| *bytes == frame) {
            return message.clone();
        }
        let message = Arc::new(codec::decode_message(&frame));
        if last.len() == REMEMBERED {
            last.pop_front();
        }
        last.push_back((frame, message.clone()));
        message
    }
}
