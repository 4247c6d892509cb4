//! Moments in words, in the reader's own time zone. How long things take is not measured here.

use js_sys::Date;
use palimpsest_core::Timestamp;
use wasm_bindgen::JsValue;

use crate::clock::now;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What counts as "now" in a list.
const NOW_MS: i64 = 60 * 1000;

/// The fields of a moment on a local calendar and clock.
struct Local {
    year: u32,
    month: usize,
    day: u32,
    weekday: usize,
    hour: u32,
    minute: u32,
    second: u32,
}

impl Local {
    fn of(time: Timestamp) -> Self {
        let date = Date::new(&JsValue::from_f64(time.0 as f64));
        Self {
            year: date.get_full_year(),
            month: (date.get_month() as usize).min(11),
            day: date.get_date(),
            weekday: (date.get_day() as usize).min(6),
            hour: date.get_hours(),
            minute: date.get_minutes(),
            second: date.get_seconds(),
        }
    }

    fn year_if_not(&self, other: &Local) -> String {
        if self.year == other.year { String::new() } else { format!(" {}", self.year) }
    }
}

/// "Tuesday 17 November, 14:02:11", with the year when it is not this one.
pub(crate) fn full(time: Timestamp) -> String {
    let local = Local::of(time);
    let year = local.year_if_not(&Local::of(now()));
    format!(
        "{} {} {}{year}, {:02}:{:02}:{:02}",
        DAYS[local.weekday], local.day, MONTHS[local.month], local.hour, local.minute, local.second
    )
}

/// The same, to be spoken: without the comma, which screen readers pause at.
pub(crate) fn spoken(time: Timestamp) -> String {
    full(time).replacen(',', "", 1)
}

/// "Tue 17 Nov, 14:02:11", with the year when it is not this one.
pub(crate) fn brief(time: Timestamp) -> String {
    let local = Local::of(time);
    let year = local.year_if_not(&Local::of(now()));
    format!(
        "{} {} {}{year}, {:02}:{:02}:{:02}",
        &DAYS[local.weekday][..3],
        local.day,
        &MONTHS[local.month][..3],
        local.hour,
        local.minute,
        local.second
    )
}

/// "2026-11-17 14.02.11": how a file is called.
pub(crate) fn sorted(time: Timestamp) -> String {
    let local = Local::of(time);
    format!(
        "{}-{:02}-{:02} {:02}.{:02}.{:02}",
        local.year,
        local.month + 1,
        local.day,
        local.hour,
        local.minute,
        local.second
    )
}

/// "17 Nov", with the year when it is not this one.
pub(crate) fn day(time: Timestamp) -> String {
    let local = Local::of(time);
    let year = local.year_if_not(&Local::of(now()));
    format!("{} {}{year}", local.day, &MONTHS[local.month][..3])
}

/// "14:02".
pub(crate) fn clock(time: Timestamp) -> String {
    let local = Local::of(time);
    format!("{:02}:{:02}", local.hour, local.minute)
}

/// How a list says it: "now", "14:20", "Thu", "12 Nov", "12 Nov 2024".
pub(crate) fn ago(time: Timestamp) -> String {
    let now = now();
    let age = now.0 - time.0;
    if age < NOW_MS {
        return "now".to_owned();
    }
    let (then, today) = (Local::of(time), Local::of(now));
    if age < DAY_MS && then.day == today.day {
        clock(time)
    } else if age < 6 * DAY_MS {
        DAYS[then.weekday][..3].to_owned()
    } else {
        day(time)
    }
}
