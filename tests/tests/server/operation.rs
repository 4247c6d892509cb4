//! What operators rely on: options from flags, variables and files; logs that follow an edit and
//! tell nobody's words; a server that says when it is ready and stops when it is asked to.

use std::fs;
use std::time::{Duration, Instant};

use palimpsest_core::{Message, Refusal};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::ask::ask;
use crate::binary::{Serving, command, stdout};
use crate::http::get;
use crate::peer::{Peer, Running};
use crate::write::{created, document, id, insert};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The option's value and origin as `--print-config` tells them.
fn told(printed: &Value, key: &str) -> (String, String) {
    let text = |name: &str| printed[key][name].as_str().unwrap_or_default().to_owned();
    (text("value"), text("origin"))
}

/// Another value than the default one that every option takes, by its name.
fn other(key: &str) -> Option<&'static str> {
    Some(match key {
        "data" => "./elsewhere",
        "json" => return None,
        "listen" => "127.0.0.1:5001",
        "tls_cert" | "tls_key" => "./server.pem",
        "auth" => "none",
        "trusted_proxy" => "10.0.0.0/8,::1",
        "user_header" => "remote-user",
        "proxy_owner" => "ada,grace",
        "origin" => "https://notes.example",
        "log" => "debug",
        "log_format" => "json",
        "otlp_endpoint" => "http://127.0.0.1:4318",
        _ => "3",
    })
}

#[test]
fn each_option_is_set_by_file_then_variable_then_flag() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("palimpsest.toml");
    let path = file.to_str().unwrap().to_owned();
    let ask = |text: &str, variables: &[(String, String)], flags: &[String]| {
        fs::write(&file, text).unwrap();
        let mut command = command(folder.path());
        command.env_remove("PALIMPSEST_DATA").args(["serve", "--print-config", "--json"]);
        command.args(["--config", &path]).args(flags);
        let output = command.envs(variables.iter().cloned()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        json(std::str::from_utf8(&output.stdout).unwrap())
    };
    let defaults = ask("", &[], &[]);
    let all: Vec<&str> = defaults.as_object().unwrap().keys().map(String::as_str).collect();
    let keys: Vec<&str> = all.into_iter().filter(|key| other(key).is_some()).collect();
    assert!(keys.len() > 15, "{keys:?}");
    let default = |key: &str| told(&defaults, key).0;
    let changed = |key: &str| other(key).expect("only such keys are left").to_owned();
    let flag = |key: &str| format!("--{}", key.replace('_', "-"));
    let variable = |key: &str| format!("PALIMPSEST_{}", key.to_uppercase());
    // An option that is empty if nobody says anything cannot be given that value.
    let with_default: Vec<&str> =
        keys.iter().copied().filter(|key| !default(key).is_empty()).collect();

    let lines = keys.iter().map(|key| match changed(key).parse::<u64>() {
        Ok(number) => format!("{key} = {number}\n"),
        Err(_) => format!("{key} = {:?}\n", changed(key)),
    });
    let text: String = lines.collect();
    let variables = |keys: &[&str], value: &dyn Fn(&str) -> String| -> Vec<(String, String)> {
        keys.iter().map(|key| (variable(key), value(key))).collect()
    };
    let flags = |keys: &[&str], value: &dyn Fn(&str) -> String| -> Vec<String> {
        keys.iter().flat_map(|key| [flag(key), value(key)]).collect()
    };
    let check = |printed: &Value,
                 keys: &[&str],
                 value: &dyn Fn(&str) -> String,
                 origin: &dyn Fn(&str) -> String| {
        for key in keys {
            assert_eq!(told(printed, key), (value(key), origin(key)), "{key}");
        }
    };
    check(&defaults, &keys, &default, &|_| "default".into());
    check(&ask(&text, &[], &[]), &keys, &changed, &|_| path.clone());
    check(&ask("", &variables(&keys, &changed), &[]), &keys, &changed, &variable);
    check(&ask("", &[], &flags(&keys, &changed)), &keys, &changed, &flag);
    let both = ask(&text, &variables(&with_default, &default), &[]);
    check(&both, &with_default, &default, &variable);
    let both = ask("", &variables(&keys, &changed), &flags(&with_default, &default));
    check(&both, &with_default, &default, &flag);
}

#[test]
fn a_file_that_is_not_understood_is_an_error_with_code_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("palimpsest.toml");
    let check = |text: &str, expected: &str| {
        fs::write(&file, text).unwrap();
        let mut command = command(folder.path());
        command.args(["serve", "--print-config", "--config"]).arg(&file);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}: {said}");
        assert!(said.contains(expected), "{text}: {said}");
    };
    check("listn = \"127.0.0.1:1\"", "listen is near");
    check("[limits]\nsockets_max = 1", "there is no option limits");
    check("sockets_max = 0", "not a number from 1");
    check("sockets_max = 1.5", "neither a text");
    check("sockets_max = ", "palimpsest.toml");
    check("config = \"other.toml\"", "there is no option config");
    check("trusted_proxy = [\"somewhere\"]", "no range of addresses");
}

#[test]
fn shells_complete_it() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(folder.path(), &["completions", shell]);
        assert!(script.contains("palimpsest") && script.contains("sockets-max"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_follow_an_edit_and_tell_nobodys_words() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut serve = command(&folder.path().join("data"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log", "trace"]);
    serve.args(["--log-format", "json", "--auth", "none"]);
    serve.stderr(fs::File::create(&log).unwrap());
    let server = Serving::spawn(serve);
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    let words = ["unmistakable-text", "unmistakable-title", "unmistakable-name", "unmistakable-q"];
    let profile = palimpsest_core::Profile {
        author: crate::write::author(1),
        name: words[2].into(),
        colour: 1,
    };
    peer.send(&Message::ProfileChanged { document: document(1), profile }).await;
    let events = vec![created(1, words[1]), insert(1, 1, &[id(1, 0)], words[0])];
    peer.push(document(1), events).await;
    peer.acks().await;
    let asked = format!("/api/v1/documents?after={}", words[3]);
    assert_eq!(get(server.address, &asked).await.status, 400);
    let body = format!("{{\"title\":\"{}\",\"text\":\"{}\"}}", words[1], words[0]);
    crate::http::post(server.address, "/api/v1/documents", &body).await;
    // A refusal and a broken frame are logged with their reasons.
    peer.push(document(1), vec![insert(1, 1, &[id(1, 0)], "unmistakable-text again")]).await;
    while !matches!(peer.next().await, Message::Refused { .. }) {}
    peer.push(document(9), vec![created(1, words[1])]).await;
    while peer.next_or_close().await.is_ok() {}
    assert!(server.terminate().success());

    let text = fs::read_to_string(&log).unwrap();
    let found = text.lines().find(|line| line.contains("unmistakable"));
    assert!(found.is_none(), "{found:?}");
    let lines: Vec<Value> = text.lines().map(json).collect();
    let of = |message: &str| {
        let line = lines.iter().find(|line| line["message"] == message);
        let line = line.unwrap_or_else(|| panic!("nothing was {message}"));
        (line["connection"].clone(), line["frame"].clone())
    };
    let pushed = of("pushed");
    assert!(pushed.1.as_u64().is_some_and(|frame| frame > 1), "{pushed:?}");
    for message in ["stored", "answered", "acked"] {
        let found = lines.iter().any(|line| {
            line["message"] == message
                && (&line["connection"], &line["frame"]) == (&pushed.0, &pushed.1)
        });
        assert!(found, "nothing of {pushed:?} was {message}");
    }
}

#[tokio::test]
async fn requests_keep_a_good_id_and_get_one_otherwise() {
    let server = Running::start().await;
    let id_of = async |header: &str| {
        let answer = ask(server.address, "GET", "/healthz", header, "").await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id_of("x-request-id: proxy-7.a_B\r\n").await, "proxy-7.a_B");
    let long = format!("x-request-id: {}\r\n", "x".repeat(65));
    for header in ["", "x-request-id: a b\r\n", "x-request-id: \r\n", &*long] {
        let made = id_of(header).await;
        assert!(made.len() == 16 && made.bytes().all(|b| b.is_ascii_hexdigit()), "{made}");
    }
    assert_ne!(id_of("").await, id_of("").await);
}

#[tokio::test]
async fn metrics_are_those_that_are_documented() {
    let server = Running::start().await;
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    peer.push(document(1), vec![created(1, "T")]).await;
    peer.acks().await;
    let metrics = get(server.address, "/metrics").await;
    let documented = include_str!("../../../docs/operating.md");
    let names = metrics.text().lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut count = 0;
    for name in names.filter_map(|line| line.split(' ').next()) {
        assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
        count += 1;
    }
    assert!(count > 15);
    for line in ["palimpsest_append_seconds_count 1", "palimpsest_sockets_open 1"] {
        assert!(metrics.text().contains(line), "{line} is missing");
    }
}

#[tokio::test]
async fn options_are_those_that_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let printed = json(&stdout(folder.path(), &["serve", "--print-config", "--json"]));
    let documented = include_str!("../../../docs/operating.md");
    for key in printed.as_object().unwrap().keys() {
        assert!(documented.contains(&format!("`{key}`")), "{key} is not documented");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_to_is_not_ready() {
    let server = Running::start().await;
    assert_eq!(get(server.address, "/readyz").await.status, 200);
    let database = server.folder.path().join("palimpsest.db");
    let other = rusqlite::Connection::open(&database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(get(server.address, "/readyz").await.status, 200, "that holds for a second");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(get(server.address, "/readyz").await.status, 503);
    assert_eq!(get(server.address, "/healthz").await.status, 200);
    other.execute_batch("ROLLBACK").unwrap();
    // The writer may still wait for the other one a moment.
    for _ in 0..100 {
        if get(server.address, "/readyz").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never became ready again");
}

#[tokio::test]
async fn whoever_asks_again_and_again_whether_it_is_ready_makes_it_write_once_in_a_second() {
    let server = Running::start().await;
    let commits =
        async || get(server.address, "/metrics").await.metric("palimpsest_commit_seconds_count");
    let (before, start) = (commits().await, Instant::now());
    let asked = (0..100).map(|_| get(server.address, "/readyz"));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    // Nor does it help to go away before it is answered.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for _ in 0..100 {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        tokio::task::yield_now().await;
    }
    let (after, seconds) = (commits().await, start.elapsed().as_secs());
    assert!((1..=seconds + 1).contains(&(after - before)), "{} in {seconds} s", after - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_clients_and_ends_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let server = Serving::start(folder.path());
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    // Somebody who never answers must not hold it up.
    let (_mute, _) = Peer::join(server.address, document(1), 2, 0).await;
    let start = Instant::now();
    let stopping = tokio::task::spawn_blocking(move || server.terminate());
    let reason = loop {
        if let Message::Refused { refusal, reason, .. } = peer.next().await {
            assert_eq!(refusal, Refusal::ShuttingDown);
            break reason;
        }
    };
    assert!(reason.contains("connect again"), "{reason}");
    let close = peer.next_or_close().await.unwrap_err().unwrap();
    assert_eq!(u16::from(close.code), 1001);
    assert!(stopping.await.unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?}", start.elapsed());
}
