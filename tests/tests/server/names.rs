//! Whose names are whose, in each document by itself. What authors are called (P15): nobody says it
//! of somebody else who came by another link. Who writes as a replica (P16): nobody who may only
//! comment writes as somebody else does.

use palimpsest_core::{
    DocumentId, Event, LinkKey, Message, PROFILES_MAX, Payload, Profile, Refusal, Timestamp,
};
use palimpsest_server::guard::audit::Deed;
use palimpsest_server::guard::book::{KeyHash, LinkId};
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::{Append, AppendError, EventStore, Naming};

use crate::ask::ask;
use crate::guard::{bearer, everybody, following, guarded, key, push};
use crate::peer::{Peer, Running};
use crate::store::open;
use crate::write::{author, created, document, event, id, insert};

fn on_every_store(check: impl Fn(&dyn EventStore)) {
    check(&MemoryStore::new());
    let folder = tempfile::tempdir().unwrap();
    check(&open(folder.path()));
}

fn profile(n: u8, name: &str) -> Profile {
    Profile { author: author(n), name: name.into(), colour: 4 }
}

/// Somebody, or nobody in particular, says what author `n` is called in a document.
fn naming(of: u8, n: u8, name: &str, by: Option<&str>) -> Naming {
    let (document, profile) = (document(of), profile(n, name));
    Naming {
        document,
        profile,
        by: by.into_iter().map(str::to_owned).collect(),
        of_everybody: false,
    }
}

#[test]
fn p15_a_name_is_one_documents() {
    on_every_store(|store| {
        assert!(store.keep_profile(naming(1, 3, "Ada", None)).unwrap());
        assert!(store.keep_profile(naming(2, 3, "Mallory", None)).unwrap());
        assert_eq!(store.profiles(document(1)).unwrap(), [profile(3, "Ada")]);
        assert_eq!(store.profiles(document(2)).unwrap(), [profile(3, "Mallory")]);
        assert_eq!(store.profiles(document(3)).unwrap(), []);
    });
}

#[test]
fn p15_a_name_is_said_again_by_who_said_it_first() {
    on_every_store(|store| {
        let keep = |naming| store.keep_profile(naming).unwrap();
        let called = || store.profiles(document(1)).unwrap()[0].name.clone();
        // As long as nobody showed who they are, anybody may say it.
        assert!(keep(naming(1, 3, "A.", None)) && keep(naming(1, 3, "Ada", Some("link 1"))));
        for other in [Some("link 2"), Some("user ada"), None] {
            assert!(!keep(naming(1, 3, "Mallory", other)), "{other:?}");
            assert_eq!(called(), "Ada", "{other:?}");
        }
        assert!(keep(naming(1, 3, "Ada L.", Some("link 1"))));
        assert_eq!(called(), "Ada L.");
        // Whoever may say it of everybody does, and it stays the author's to say.
        let by_owner = naming(1, 3, "The first one", Some("link 2"));
        assert!(keep(Naming { of_everybody: true, ..by_owner }));
        assert_eq!(called(), "The first one");
        assert!(!keep(naming(1, 3, "Mallory", Some("link 2"))));
        assert!(keep(naming(1, 3, "Ada", Some("link 1"))));
        // Who shows to be several things is each of them: a user who has the link as well.
        let by = vec!["user ada".to_owned(), "link 1".to_owned()];
        assert!(keep(Naming { by, ..naming(1, 3, "Countess", None) }));
        assert!(!keep(naming(1, 3, "Ada", Some("user ada"))), "it is the link's still");
        assert!(keep(naming(1, 3, "Ada", Some("link 1"))));
        // In another document the same author is anybody's still.
        assert!(keep(naming(2, 3, "Mallory", Some("link 2"))));
        assert_eq!(called(), "Ada");
    });
}

#[test]
fn p15_names_without_end_are_not_kept() {
    on_every_store(|store| {
        let one = |n: usize, name: &str| {
            let mut naming = naming(1, 0, name, Some("link 1"));
            naming.profile.author.0[..8].copy_from_slice(&(n as u64).to_be_bytes());
            store.keep_profile(naming).unwrap()
        };
        assert!((0..PROFILES_MAX).all(|n| one(n, "One of many")));
        assert!(!one(PROFILES_MAX, "One more"));
        assert!(one(7, "Ada"), "whoever has a name may change it");
        assert_eq!(store.profiles(document(1)).unwrap().len(), PROFILES_MAX);
        assert!(store.keep_profile(naming(2, 1, "Elsewhere", None)).unwrap());
    });
}

#[test]
fn p16_a_replica_is_its_writers() {
    on_every_store(|store| {
        // With nobody, whoever may write anything.
        let push = |by: Option<&[&str]>, of: u8, events: Vec<Event>| {
            let own = by.map(|by| by.iter().map(|&one| one.to_owned()).collect());
            let document = document(of);
            store.append(Append { document, events, now: Timestamp(1), expected: None, own })
        };
        let not_own = |replica, counter| Err(AppendError::NotOwn { id: id(replica, counter) });
        let key = |replica, counter| {
            let parent = if counter == 0 { id(1, 0) } else { id(replica, counter - 1) };
            insert(replica, counter, &[parent], "x")
        };
        push(None, 1, vec![created(1, "T"), key(2, 0)]).unwrap();
        // The editor's replica is nobody else's, though no link is known of it.
        assert_eq!(push(Some(&["link 1"]), 1, vec![key(2, 1)]), not_own(2, 1));
        // What a batch takes for its own before it fails is nobody's after it.
        assert_eq!(push(Some(&["link 1"]), 1, vec![key(3, 0), key(2, 1)]), not_own(2, 1));
        assert_eq!(push(Some(&["link 2"]), 1, vec![key(3, 0), key(3, 1)]).unwrap().head.0, 4);
        for other in [&["link 1"][..], &["user ada"], &[]] {
            assert_eq!(push(Some(other), 1, vec![key(3, 2)]), not_own(3, 2), "{other:?}");
            assert_eq!(push(Some(other), 1, vec![key(3, 1)]).unwrap().head.0, 4, "known already");
        }
        assert_eq!(push(Some(&[]), 1, vec![key(4, 0)]), not_own(4, 0), "nobody in particular");
        // Who shows to be several things is each of them; whoever may write anything does.
        push(Some(&["user ada", "link 2"]), 1, vec![key(3, 2)]).unwrap();
        push(None, 1, vec![key(3, 3)]).unwrap();
        push(Some(&["link 2"]), 1, vec![key(3, 4)]).unwrap();
        // In another document the same replica is anybody's still.
        push(None, 2, vec![created(1, "T")]).unwrap();
        push(Some(&["link 1"]), 2, vec![key(3, 0)]).unwrap();
        assert_eq!(push(Some(&["link 2"]), 2, vec![key(3, 1)]), not_own(3, 1));
    });
}

#[tokio::test]
async fn nobody_writes_as_somebody_who_is_there_by_another_link() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let mut editor = following(server.address, 1, key(5)).await;
    let mut commenter = following(server.address, 2, key(4)).await;
    let said = |text: &str| Payload::CommentReplied { thread: id(100, 1), text: text.into() };
    let forged = event(1, 0, &[id(100, 0)], said("forged"));
    assert_eq!(push(&mut commenter, forged).await, Some(Refusal::NotAllowed));
    let own = event(1, 0, &[id(100, 0)], said("mine"));
    assert_eq!(push(&mut editor, own).await, None);
    // Another tab of the same device brings what this one has made.
    let mut tab = following(server.address, 3, key(5)).await;
    let made = event(1, 1, &[id(1, 0)], said("by the other tab"));
    tab.push(document(1), vec![made.clone()]).await;
    // It was not made by the tab's own replica, so it comes as others' events do.
    let told = tab.events_until(6).await;
    assert_eq!(told.last().map(|last| &last.event), Some(&made));
}

#[tokio::test]
async fn who_comments_does_not_write_as_a_device_that_is_away() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let said = |text: &str| Payload::CommentReplied { thread: id(100, 1), text: text.into() };
    let mut editor = following(server.address, 1, key(5)).await;
    assert_eq!(push(&mut editor, event(1, 0, &[id(100, 0)], said("mine"))).await, None);
    drop(editor);
    let mut commenter = following(server.address, 2, key(4)).await;
    let forged = event(1, 1, &[id(1, 0)], said("forged"));
    assert_eq!(push(&mut commenter, forged).await, Some(Refusal::NotAllowed));
    // As themselves they do, and bring what another tab of theirs made that is closed.
    assert_eq!(push(&mut commenter, event(2, 0, &[id(1, 0)], said("own"))).await, None);
    let closed = vec![event(3, 0, &[id(2, 0)], said("made while offline"))];
    commenter.push(document(1), closed.clone()).await;
    let told = commenter.events_until(7).await;
    assert_eq!(told.last().map(|last| &last.event), closed.last());
    // The editor comes back, and goes on where they were.
    let mut back = following(server.address, 4, key(5)).await;
    back.push(document(1), vec![event(1, 1, &[id(1, 0)], said("still mine"))]).await;
    assert_eq!(back.events_until(8).await.last().map(|last| last.event.header.id), Some(id(1, 1)));
}

/// Says over a socket what an author is called, and waits until the server is done with it.
async fn say(peer: &mut Peer, document: DocumentId, profile: Profile) {
    peer.send(&Message::ProfileChanged { document, profile }).await;
    peer.send(&Message::Ping { nonce: 7 }).await;
    while !matches!(peer.next().await, Message::Pong { nonce: 7 }) {}
}

/// What somebody who comes now is told about names.
async fn told(server: &Running, of: DocumentId, key: Option<LinkKey>) -> Vec<Profile> {
    let mut late = Peer::connect(server.address, 900).await.with_key(key);
    late.hello(of, 0, None).await;
    let Message::Welcome { profiles, .. } = late.next().await else { panic!("a welcome is due") };
    profiles
}

async fn refused(server: &Running, owner: &str) -> u64 {
    let metrics = ask(server.address, "GET", "/metrics", owner, "").await;
    metrics.metric("palimpsest_names_refused_total")
}

#[tokio::test]
async fn nobody_names_an_author_who_came_by_another_link() {
    let (_, mut deeds) = everybody();
    // The editor's link has another key by now, and is the same link.
    let rotated = KeyHash::of(&key(77));
    deeds.push(Deed::Rotated { link: LinkId(5), key: rotated });
    let server = guarded(deeds).await;
    let (one, owner) = (document(1), bearer(Some(&key(13))));
    let mut editor = following(server.address, 1, key(77)).await;
    say(&mut editor, one, profile(1, "Ada")).await;
    let mut commenter = following(server.address, 2, key(4)).await;
    let mut listener = following(server.address, 3, key(3)).await;
    say(&mut commenter, one, profile(1, "A fool")).await;
    assert_eq!(refused(&server, &owner).await, 1);
    say(&mut commenter, one, profile(2, "Ben")).await;
    // Another tab, by the same link; then somebody who owns the document.
    let mut tab = following(server.address, 4, key(77)).await;
    say(&mut tab, one, profile(1, "Ada L.")).await;
    let mut owning = following(server.address, 5, key(6)).await;
    say(&mut owning, one, profile(2, "Ben (guest)")).await;
    let expected = [profile(1, "Ada L."), profile(2, "Ben (guest)")];
    assert_eq!(told(&server, one, Some(key(6))).await, expected);
    assert_eq!(refused(&server, &owner).await, 1);
    // Those who are there were told the same, and never the other thing.
    let mut heard = Vec::new();
    while heard.last() != Some(&expected[1]) {
        if let Message::ProfileChanged { profile, .. } = listener.next().await {
            assert_ne!(profile.name, "A fool");
            heard.push(profile);
        }
    }
    // In a document that the commenter has for themselves, the name is what they say, and it is so
    // there alone.
    let mut elsewhere = Peer::connect(server.address, 6).await.with_key(Some(key(21)));
    elsewhere.hello(document(2), 0, Some(profile(1, "A fool"))).await;
    while !matches!(elsewhere.next().await, Message::Welcome { .. }) {}
    say(&mut elsewhere, document(2), profile(1, "A fool")).await;
    assert_eq!(told(&server, document(2), Some(key(21))).await, [profile(1, "A fool")]);
    assert_eq!(told(&server, one, Some(key(6))).await, expected);
}

#[tokio::test]
async fn where_nobody_shows_who_they_are_everybody_may_name_everybody() {
    let server = Running::start().await;
    for (replica, name) in [(1, "Ada"), (2, "Countess")] {
        let (mut peer, _) = Peer::join(server.address, document(1), replica, 0).await;
        say(&mut peer, document(1), profile(1, name)).await;
    }
    assert_eq!(told(&server, document(1), None).await, [profile(1, "Countess")]);
}
