//! What strangers may make grow, and how far: every limit of the server, each an option with a
//! default that is safe. Where a limit is held is where the thing grows; that is elsewhere.

use std::time::Duration;

use clap::Args;
use palimpsest_core::{
    DOCUMENTS_PER_SOCKET_MAX, EVENT_BYTES_MAX, FRAME_BYTES_MAX, PUSH_EVENTS_MAX,
};

/// The limits of one server. What the protocol itself bounds can be lowered and not raised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// The longest frame that is taken, in bytes
    #[arg(long, env = "PALIMPSEST_FRAME_BYTES_MAX", default_value_t = Self::DEFAULT.frame_bytes_max,
          value_parser = up_to::<FRAME_BYTES_MAX>)]
    pub frame_bytes_max: usize,
    /// The longest event that is stored, in bytes
    #[arg(long, env = "PALIMPSEST_EVENT_BYTES_MAX", default_value_t = Self::DEFAULT.event_bytes_max,
          value_parser = up_to::<EVENT_BYTES_MAX>)]
    pub event_bytes_max: usize,
    /// How many events one push carries
    #[arg(long, env = "PALIMPSEST_PUSH_EVENTS_MAX", default_value_t = Self::DEFAULT.push_events_max,
          value_parser = up_to::<PUSH_EVENTS_MAX>)]
    pub push_events_max: usize,
    /// How many documents one socket is subscribed to
    #[arg(long, env = "PALIMPSEST_DOCUMENTS_PER_SOCKET_MAX",
          default_value_t = Self::DEFAULT.documents_per_socket_max,
          value_parser = up_to::<DOCUMENTS_PER_SOCKET_MAX>)]
    pub documents_per_socket_max: usize,
    /// How many sockets there are at once
    #[arg(long, env = "PALIMPSEST_SOCKETS_MAX", default_value_t = Self::DEFAULT.sockets_max,
          value_parser = up_to::<1_000_000>)]
    pub sockets_max: usize,
    /// How many sockets one address has at once; addresses of this machine may have all
    #[arg(long, env = "PALIMPSEST_SOCKETS_PER_ADDRESS_MAX",
          default_value_t = Self::DEFAULT.sockets_per_address_max, value_parser = up_to::<1_000_000>)]
    pub sockets_per_address_max: usize,
    /// How many events a second one sender pushes on average: a user, a link from an address
    #[arg(long, env = "PALIMPSEST_EVENTS_PER_SECOND_MAX",
          default_value_t = Self::DEFAULT.events_per_second_max, value_parser = up_to::<1_000_000>)]
    pub events_per_second_max: usize,
    /// How many events one sender pushes at once, after a time offline
    #[arg(long, env = "PALIMPSEST_EVENTS_AT_ONCE_MAX",
          default_value_t = Self::DEFAULT.events_at_once_max, value_parser = up_to::<100_000_000>)]
    pub events_at_once_max: usize,
    /// How long the log of one document becomes, in bytes
    #[arg(long, env = "PALIMPSEST_LOG_BYTES_MAX", default_value_t = Self::DEFAULT.log_bytes_max,
          value_parser = up_to::<{ 1 << 40 }>)]
    pub log_bytes_max: usize,
    /// How large the text is that a document starts with over HTTP, in bytes
    #[arg(long, env = "PALIMPSEST_TEXT_BYTES_MAX", default_value_t = Self::DEFAULT.text_bytes_max,
          value_parser = up_to::<{ 50 << 20 }>)]
    pub text_bytes_max: usize,
    /// How large a request's body is, in bytes
    #[arg(long, env = "PALIMPSEST_BODY_BYTES_MAX", default_value_t = Self::DEFAULT.body_bytes_max,
          value_parser = up_to::<{ 100 << 20 }>)]
    pub body_bytes_max: usize,
    /// How large a socket's first frame is, in bytes, before it is known who speaks
    #[arg(long, env = "PALIMPSEST_HELLO_BYTES_MAX", default_value_t = Self::DEFAULT.hello_bytes_max,
          value_parser = up_to::<FRAME_BYTES_MAX>)]
    pub hello_bytes_max: usize,
    /// How long a socket takes to say hello, in seconds
    #[arg(long, env = "PALIMPSEST_HELLO_SECONDS_MAX",
          default_value_t = Self::DEFAULT.hello_seconds_max, value_parser = up_to::<3_600>)]
    pub hello_seconds_max: usize,
    /// How many pushes wait to be stored before further ones are put off
    #[arg(long, env = "PALIMPSEST_APPENDS_WAITING_MAX",
          default_value_t = Self::DEFAULT.appends_waiting_max, value_parser = up_to::<1_000_000>)]
    pub appends_waiting_max: usize,
    /// After how many seconds of falling behind a slow reader is cut
    #[arg(long, env = "PALIMPSEST_SLOW_SECONDS_MAX",
          default_value_t = Self::DEFAULT.slow_seconds_max, value_parser = up_to::<3_600>)]
    pub slow_seconds_max: usize,
}

impl Limits {
    /// The limits of a server that is told none.
    pub const DEFAULT: Self = Self {
        frame_bytes_max: FRAME_BYTES_MAX,
        event_bytes_max: EVENT_BYTES_MAX,
        push_events_max: PUSH_EVENTS_MAX,
        documents_per_socket_max: DOCUMENTS_PER_SOCKET_MAX,
        sockets_max: 10_000,
        sockets_per_address_max: 64,
        // People make three events a second at most; programs that write may make more.
        events_per_second_max: 200,
        // Some days of writing without a network.
        events_at_once_max: 50_000,
        log_bytes_max: 1 << 30,
        text_bytes_max: 5 << 20,
        body_bytes_max: 6 << 20,
        hello_bytes_max: 4 << 10,
        hello_seconds_max: 5,
        appends_waiting_max: 16_384,
        slow_seconds_max: 10,
    };

    /// How long a socket takes to say hello.
    pub(crate) fn hello_time(&self) -> Duration {
        Duration::from_secs(self.hello_seconds_max as u64)
    }

    /// After how long of falling behind a slow reader is cut.
    pub(crate) fn slow_time(&self) -> Duration {
        Duration::from_secs(self.slow_seconds_max as u64)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A number from 1 to `MAX`.
fn up_to<const MAX: usize>(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) if number <= MAX => Ok(number),
        _ => Err(format!("not a number from 1 to {MAX}")),
    }
}

/// A limit that was held against somebody, as `/metrics` names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    /// See [`Limits::frame_bytes_max`], as the others below.
    FrameBytes,
    EventBytes,
    PushEvents,
    DocumentsPerSocket,
    Sockets,
    SocketsPerAddress,
    EventsPerSecond,
    LogBytes,
    TextBytes,
    BodyBytes,
    HelloBytes,
    HelloSeconds,
    AppendsWaiting,
    SlowSeconds,
}

impl Held {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 14] = [
        Self::FrameBytes,
        Self::EventBytes,
        Self::PushEvents,
        Self::DocumentsPerSocket,
        Self::Sockets,
        Self::SocketsPerAddress,
        Self::EventsPerSecond,
        Self::LogBytes,
        Self::TextBytes,
        Self::BodyBytes,
        Self::HelloBytes,
        Self::HelloSeconds,
        Self::AppendsWaiting,
        Self::SlowSeconds,
    ];

    /// The option that sets the limit.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FrameBytes => "frame_bytes_max",
            Self::EventBytes => "event_bytes_max",
            Self::PushEvents => "push_events_max",
            Self::DocumentsPerSocket => "documents_per_socket_max",
            Self::Sockets => "sockets_max",
            Self::SocketsPerAddress => "sockets_per_address_max",
            Self::EventsPerSecond => "events_per_second_max",
            Self::LogBytes => "log_bytes_max",
            Self::TextBytes => "text_bytes_max",
            Self::BodyBytes => "body_bytes_max",
            Self::HelloBytes => "hello_bytes_max",
            Self::HelloSeconds => "hello_seconds_max",
            Self::AppendsWaiting => "appends_waiting_max",
            Self::SlowSeconds => "slow_seconds_max",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;

    #[test]
    fn what_metrics_name_are_options() {
        let command = Limits::augment_args(Command::new("limits"));
        let options: Vec<&str> = command.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        for (number, held) in Held::ALL.into_iter().enumerate() {
            assert_eq!(held as usize, number);
            assert!(options.contains(&held.name()), "{}", held.name());
        }
        let of_a_bucket = 1;
        assert_eq!(options.len(), Held::ALL.len() + of_a_bucket);
    }
}
