//! Chromium and its driver, for tests only: the driver runs the app's unit tests inside the
//! browser, Playwright runs two people at it. People who only serve need neither.

use super::packages;
use crate::process::{self, Failure, Result};
use std::path::PathBuf;

/// Where the browser is.
pub(crate) struct Browser {
    /// The browser itself.
    pub(crate) chromium: PathBuf,
    /// Its WebDriver server, of the same version.
    pub(crate) driver: PathBuf,
}

const CHROMIUM_NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const DRIVER_NAMES: [&str; 2] = ["chromedriver", "chromium.chromedriver"];

/// Debian's packages, then those of Ubuntu, which bring the browser as a snap.
const PACKAGES: [[&str; 2]; 2] =
    [["chromium", "chromium-driver"], ["chromium-browser", "chromium-chromedriver"]];

/// Sees to the browser. `CHROMIUM` and `CHROMEDRIVER` name others than those on PATH.
pub(super) fn set_up() -> Result<Browser> {
    if let Some(browser) = locate()? {
        return Ok(browser);
    }
    let offered = PACKAGES.iter().find(|names| names.iter().all(|name| packages::offered(name)));
    // On a machine whose lists were never fetched nothing is offered yet; Debian's names are
    // right there.
    let names = offered.unwrap_or(&PACKAGES[0]);
    packages::install(names, "The tests run in a real browser")?;
    locate()?.ok_or_else(|| {
        Failure::new(
            "Chromium is installed but not on PATH. Set CHROMIUM and CHROMEDRIVER to the two \
             programs and try again",
        )
    })
}

fn locate() -> Result<Option<Browser>> {
    let chromium = program("CHROMIUM", &CHROMIUM_NAMES)?;
    let driver = program("CHROMEDRIVER", &DRIVER_NAMES)?;
    Ok(chromium.zip(driver).map(|(chromium, driver)| Browser { chromium, driver }))
}

/// The program that `variable` names, else the first of `names` on PATH or among the snaps.
fn program(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(variable).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        if process::is_program(&named) {
            return Ok(Some(named));
        }
        let named = named.display();
        return Err(Failure::new(format!("{variable} is {named}, which is not a program")));
    }
    let snap = |name: &&str| Some(PathBuf::from("/snap/bin").join(name));
    let found = names.iter().find_map(|name| process::find(name));
    Ok(found.or_else(|| names.iter().filter_map(snap).find(|file| process::is_program(file))))
}
