//! What can go wrong in the simulated world, how often, and how often it did. What a fault
//! does is said where it strikes.

use std::fmt;
use std::ops::AddAssign;

use crate::seeds::Random;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $rate:literal, $words:literal;)*) => {
        /// One kind of trouble.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// All kinds.
            pub const ALL: &[Fault] = &[$(Fault::$name),*];

            /// How often it strikes at each opportunity, in ten-thousandths, where it is on.
            fn rate(self) -> usize {
                match self { $(Fault::$name => $rate,)* }
            }

            /// What it is, for people.
            pub fn words(self) -> &'static str {
                match self { $(Fault::$name => $words,)* }
            }
        }
    };
}

faults! {
    /// A connection swallows everything from now on, and nobody is told.
    Cut = 80, "connection swallows everything from here on";
    /// One end of a connection is gone, the other is not told.
    HalfOpen = 80, "connection half open";
    /// A connection breaks and both ends are told.
    Broken = 80, "connection broken";
    /// A frame arrives twice.
    Duplicate = 300, "frame twice";
    /// A frame, and all behind it, come late.
    Delay = 400, "frame late";
    /// A frame lacks its end.
    Truncated = 60, "frame truncated";
    /// One bit of a frame is wrong.
    BitFlipped = 60, "frame with a flipped bit";
    /// A frame of an old connection arrives after one of the connection that replaced it.
    Overtaken = 0, "frame overtaken by a newer connection's";
    /// A device has no network for a while.
    Partition = 300, "device without network";
    /// An app dies in the middle of whatever it does.
    ClientCrash = 250, "app crashed";
    /// The app died while the last event was still growing; what of it was stored lives on.
    DraftKept = 0, "unfinished event kept through a crash";
    /// The server dies.
    ServerCrash = 150, "server crashed";
    /// The server died before the disk had what it was asked to write.
    AppendLost = 0, "append lost with the server";
    /// The server died after the disk had it and before it told anyone.
    AnswerLost = 0, "append written, its answer lost";
    /// The server's store cannot write just now.
    StoreUnavailable = 300, "server's store cannot write";
    /// The server's store wrote and cannot tell.
    StoreUnsureWritten = 200, "server's store wrote and cannot tell";
    /// The server's store did not write and cannot tell.
    StoreUnsureLost = 200, "server's store did not write and cannot tell";
    /// The server's store cannot be read just now.
    ReadUnavailable = 300, "server's store cannot be read";
    /// The server's disk takes seconds.
    SlowDisk = 300, "server's disk slow";
    /// The device's own store refuses a write.
    DeviceWriteFailed = 300, "device's store refuses a write";
    /// A clock jumps, forward or back, on a device or on the server.
    ClockJump = 200, "clock jumps";
    /// A clock goes wrong from the start.
    ClockSkew = 5000, "clock minutes off";
}

/// How often each fault struck.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Counts([u64; Fault::ALL.len()]);

impl Counts {
    /// One more.
    pub(super) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// How often a fault struck.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// The faults that never struck.
    pub fn never(&self) -> Vec<Fault> {
        Fault::ALL.iter().copied().filter(|&fault| self.of(fault) == 0).collect()
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &fault in Fault::ALL {
            writeln!(f, "{:>9}  {}", self.of(fault), fault.words())?;
        }
        Ok(())
    }
}

/// Which faults are on in one history. Each is in about half of them, so that they meet in
/// every combination and none hides what another one would show.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    rates: [usize; Fault::ALL.len()],
    calm: bool,
}

impl Weather {
    /// Any weather.
    pub(super) fn any(random: &mut Random) -> Self {
        let mut rates = [0; Fault::ALL.len()];
        for &fault in Fault::ALL {
            if random.chance(50) {
                rates[fault as usize] = fault.rate() * (1 + random.below(3)) / 2;
            }
        }
        Self { rates, calm: false }
    }

    /// No more faults.
    pub(super) fn calm_down(&mut self) {
        self.calm = true;
    }

    /// Whether the faults are over.
    pub(super) fn is_calm(&self) -> bool {
        self.calm
    }

    /// Whether a fault strikes at this opportunity.
    pub(super) fn strikes(&self, fault: Fault, random: &mut Random) -> bool {
        !self.calm && random.below(10_000) < self.rates[fault as usize]
    }
}
