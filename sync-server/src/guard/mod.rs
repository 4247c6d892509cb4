//! Who may do what. [`Guard::authorize`] is the one place where that is decided; it answers
//! with a [`Permit`], and the server's way to its store ([`crate::vault`]) takes nothing else.
//!
//! Rights come from links. A link's key is kept as a hash only; what was given and taken is a
//! log of its own ([`audit`]), and [`book`] is what it comes to; [`issue`] makes them. A proxy in front may name its
//! users instead ([`proxy`]). On loopback a server may be open to everybody who reaches it.

pub mod audit;
pub mod book;
pub mod issue;
pub mod proxy;

use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use palimpsest_core::{Access, DocumentId, Event, HistoryRight, Role, Timestamp};
use thiserror::Error;

use audit::{Actor, AuditEvent, AuditLog, Deed};
use book::{Book, Grant, KeyHash, LinkId, Scope};
use proxy::Proxy;

use crate::store::AppendError;

/// Who is let in without a link.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Everybody who reaches the server, as an owner. For loopback only.
    Open,
    /// Nobody, except whom a trusted proxy names.
    Links(Proxy),
}

impl Policy {
    /// Whether everybody may do everything.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

/// Where a request comes from, as far as it says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Caller {
    /// The hash of a link's key.
    pub key: Option<KeyHash>,
    /// Who a trusted proxy says it is.
    pub user: Option<String>,
}

/// Something that may be done with a document, and what it takes.
pub trait Right {
    /// The least access that allows it.
    const NEEDS: Access;
    /// What it is called in the sentence that refuses it.
    const NAME: &'static str;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $right:ident: $role:ident, $history:ident, $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $right {}

        impl Right for $right {
            const NEEDS: Access =
                Access { role: Role::$role, history: HistoryRight::$history };
            const NAME: &'static str = $name;
        }
    )*};
}

rights! {
    /// See the text as it is, and that the document is there.
    Read: Reader, Nothing, "read this document";
    /// See the text of a version that has a name.
    ReadVersions: Reader, Versions, "see versions of this document";
    /// See every revision, follow it as it grows, and be seen by the others who do.
    ReadHistory: Reader, Everything, "see the history of this document";
    /// Be known by a name to those who read it.
    Comment: Commenter, Everything, "comment on this document";
    /// Add to its log. [`Guard::authorize_events`] looks at what exactly.
    Write: Commenter, Everything, "write in this document";
    /// Make it, or put a whole log in its place.
    Edit: Editor, Everything, "change this document";
    /// Take what people wrote out of its history, for good.
    Erase: Owner, Everything, "erase from this document";
    /// Make, list and revoke links to it.
    Share: Owner, Everything, "share this document";
}

/// Proof that somebody may do `R` with one document. Only [`Guard`] makes it.
#[derive(Debug)]
pub struct Permit<R> {
    document: DocumentId,
    access: Access,
    right: PhantomData<R>,
}

// By hand, since a derived one would ask the same of `R`, which has no values.
impl<R> Clone for Permit<R> {
    fn clone(&self) -> Self {
        Self { right: PhantomData, ..*self }
    }
}

impl<R> Permit<R> {
    /// With which document.
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// All that its holder may do with it.
    pub fn access(&self) -> Access {
        self.access
    }
}

/// Why something is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Denied {
    /// Nothing was shown that would allow anything.
    #[error("this needs a link: open the one you were given, or ask an owner for one")]
    NoKey,
    /// The link does not lead here, or does not hold any more.
    #[error("your link does not open this, or no longer does: ask an owner for a new one")]
    NoAccess,
    /// The link leads here, and allows less.
    #[error("your link does not allow to {0}: ask an owner for one that does")]
    TooLittle(&'static str),
}

/// Decides who may do what.
#[derive(Debug)]
pub struct Guard {
    policy: Policy,
    book: RwLock<Book>,
    /// What the book is folded from; none for a guard of which nothing is kept.
    log: Option<Mutex<AuditLog>>,
}

impl Guard {
    /// A guard that lets everybody do everything.
    pub fn open() -> Self {
        Self { policy: Policy::Open, book: RwLock::default(), log: None }
    }

    /// A guard over the audit log of a data folder.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn over(policy: Policy, log: AuditLog) -> Result<Self, AppendError> {
        let guard = Self { policy, book: RwLock::default(), log: Some(Mutex::new(log)) };
        guard.refresh()?;
        Ok(guard)
    }

    /// Reads what other processes wrote into the audit log.
    ///
    /// # Errors
    /// If the log cannot be read; the book is what it was.
    pub fn refresh(&self) -> Result<(), AppendError> {
        if let Some(log) = self.log() {
            self.fold(&log.after(self.number())?);
        }
        Ok(())
    }

    /// Lets `caller` do `R` with `document`, or says why not.
    ///
    /// # Errors
    /// If nothing that the caller shows allows it now.
    pub fn authorize<R: Right>(
        &self,
        caller: &Caller,
        document: DocumentId,
        now: Timestamp,
    ) -> Result<Permit<R>, Denied> {
        let access = self.access(caller, Some(document), now)?;
        if !access.includes(R::NEEDS) {
            return Err(Denied::TooLittle(R::NAME));
        }
        Ok(Permit { document, access, right: PhantomData })
    }

    /// Lets `caller` add these events to the log of `document`, or says why not.
    ///
    /// # Errors
    /// If nothing that the caller shows allows all of them now.
    pub fn authorize_events(
        &self,
        caller: &Caller,
        document: DocumentId,
        events: &[Event],
        now: Timestamp,
    ) -> Result<Permit<Write>, Denied> {
        let permit: Permit<Write> = self.authorize(caller, document, now)?;
        let needed = events.iter().map(|event| Role::needed_for(&event.payload)).max();
        if needed.is_some_and(|needed| needed > permit.access.role) {
            return Err(Denied::TooLittle(Edit::NAME));
        }
        Ok(permit)
    }

    /// Whether people need something to show; otherwise everybody may do everything.
    pub fn needs_links(&self) -> bool {
        !self.policy.is_open()
    }

    /// Lets in whoever may do anything at all, if only with one document.
    ///
    /// # Errors
    /// If what the caller shows opens nothing now.
    pub fn admit(&self, caller: &Caller, now: Timestamp) -> Result<(), Denied> {
        let holds = caller.key.is_some_and(|key| self.book().holding(&key, now).is_some());
        if holds { Ok(()) } else { self.library(caller, now).map(drop) }
    }

    /// What `caller` may do with every document there is or will be.
    ///
    /// # Errors
    /// If that is nothing.
    pub fn library(&self, caller: &Caller, now: Timestamp) -> Result<Access, Denied> {
        self.access(caller, None, now)
    }

    fn access(
        &self,
        caller: &Caller,
        document: Option<DocumentId>,
        now: Timestamp,
    ) -> Result<Access, Denied> {
        let Policy::Links(proxy) = &self.policy else { return Ok(Access::FULL) };
        let named = caller.user.as_deref().map(|user| proxy.access_of(user));
        let linked = caller.key.as_ref().and_then(|key| {
            let book = self.book();
            let grant = book.holding(key, now)?;
            grant.scope.covers(document).then_some(grant.access)
        });
        // Whoever is named and has a link as well may do what the greater of the two allows.
        match (named, linked) {
            (Some(named), Some(linked)) if linked.includes(named) => Ok(linked),
            (Some(access), _) | (None, Some(access)) => Ok(access),
            (None, None) if caller.key.is_none() => Err(Denied::NoKey),
            (None, None) => Err(Denied::NoAccess),
        }
    }

    /// Who a caller is, for the audit log.
    pub fn actor(&self, caller: &Caller, now: Timestamp) -> Actor {
        self.shown(caller, now).next().unwrap_or(Actor::Anyone)
    }

    /// All that a caller shows to be: a proxy's user, and whoever holds a link. Nobody in particular
    /// where nobody has to show anything.
    pub fn identities(&self, caller: &Caller, now: Timestamp) -> Vec<Actor> {
        if self.needs_links() { self.shown(caller, now).collect() } else { Vec::new() }
    }

    fn shown(&self, caller: &Caller, now: Timestamp) -> impl Iterator<Item = Actor> {
        let user = caller.user.clone().map(Actor::User);
        let key = caller.key.as_ref();
        let link = key.and_then(|key| self.book().holding(key, now).map(|grant| grant.link));
        user.into_iter().chain(link.map(Actor::Link))
    }

    /// Every link that covers the scope and was not revoked, the oldest first. A document's list
    /// has links to the whole library as well: they open it too.
    pub fn links(&self, scope: Scope) -> Vec<Grant> {
        let covers =
            |grant: &&Grant| scope == Scope::Library || grant.scope.covers(scope.document());
        let mut links: Vec<Grant> = self.book().grants().filter(covers).cloned().collect();
        links.sort_by_key(|grant| (grant.created, grant.link));
        links
    }

    /// The link of this id, unless it was revoked.
    pub fn link(&self, link: LinkId) -> Option<Grant> {
        self.book().grant(link).cloned()
    }

    /// Whether a link ended after one time and until another.
    pub fn ended(&self, after: Timestamp, until: Timestamp) -> bool {
        let book = self.book();
        let mut ends = book.grants().filter_map(|grant| grant.expires);
        ends.any(|end| after < end && end <= until)
    }

    /// How many events there are in the audit log.
    pub fn number(&self) -> u64 {
        self.book().last()
    }

    /// Writes into the audit log what somebody did, and has it hold from now on. With
    /// `expected`, only if the log has that many events.
    ///
    /// # Errors
    /// [`ChangeError::Conflict`] if it has others by now; if the log cannot be written.
    pub fn record(
        &self,
        actor: Actor,
        deed: Deed,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<AuditEvent, ChangeError> {
        let Some(mut log) = self.log() else {
            let event = AuditEvent { number: self.number() + 1, at: now, actor, deed };
            self.fold(std::slice::from_ref(&event));
            return Ok(event);
        };
        let event = log.append(now, actor, deed, expected)?;
        // What others wrote just before comes along.
        self.fold(&log.after(self.number())?);
        Ok(event)
    }

    fn fold(&self, events: &[AuditEvent]) {
        if !events.is_empty() {
            let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
            events.iter().for_each(|event| book.apply(event));
        }
    }

    fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> Option<MutexGuard<'_, AuditLog>> {
        self.log.as_ref().map(|log| log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why a change of what is given was not made.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ChangeError {
    /// Somebody else changed something since the caller looked.
    #[error("somebody changed the links meanwhile: look again, then decide")]
    Conflict,
    /// The log cannot be written.
    #[error(transparent)]
    Store(#[from] AppendError),
}
