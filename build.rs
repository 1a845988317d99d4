//! Brings the design system into the binary.
//!
//! `npm ci` from the lock, one stylesheet without GOV.UK's branding, our theme after it, our fonts, and a name for each
//! file that changes with its content. `src/web/assets.rs` embeds what is written here.
//!
//! `UI_ASSETS_DIR` names a `node_modules` folder that is ready, for builds without a network.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

const GOVUK_CSS: &str = "govuk-frontend/dist/govuk/govuk-frontend.min.css";
const MOJ_CSS: &str = "@ministryofjustice/frontend/moj/moj-frontend.min.css";
const FONTS: &str = "@fontsource-variable/atkinson-hyperlegible-next";
/// The only pieces that we take from the Ministry of Justice's stylesheet.
const MOJ_PIECES: [&str; 3] = [".moj-sub-navigation", ".moj-timeline", ".moj-filter"];
const OWN: &str = "templates/assets";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            println!("cargo:warning={sentence}");
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    for watched in ["build.rs", "package.json", "package-lock.json", OWN] {
        println!("cargo:rerun-if-changed={watched}");
    }
    println!("cargo:rerun-if-env-changed=UI_ASSETS_DIR");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|_| "OUT_DIR is not set: run this through cargo.")?);
    let modules = match env::var("UI_ASSETS_DIR") {
        Ok(ready) => {
            fs::canonicalize(&ready).map_err(|e| format!("UI_ASSETS_DIR names {ready}, which cannot be read: {e}."))?
        }
        Err(_) => install(&out.join("ui"))?,
    };
    println!("cargo:rustc-env=UI_NODE_MODULES={}", modules.display());

    let mut shelf = Shelf::empty(out.join("assets"))?;
    let licences = shelf.add("LICENCES", "licences.txt", licences(&modules)?.as_bytes())?;
    let mut theme = read(&Path::new(OWN).join("theme.css"))?;
    for (constant, set) in [("FONT_LATIN", "latin"), ("FONT_LATIN_EXT", "latin-ext")] {
        let name = format!("atkinson-hyperlegible-next-{set}-wght-normal.woff2");
        let path = modules.join(FONTS).join("files").join(&name);
        let bytes = fs::read(&path).map_err(|e| unreadable(&path, &e))?;
        let url = shelf.add(constant, &name, &bytes)?;
        let placeholder = format!("fonts/{name}");
        if !theme.contains(&placeholder) {
            return Err(format!("{OWN}/theme.css does not name the font {placeholder}."));
        }
        theme = theme.replace(&placeholder, &url);
    }
    let own = read(&Path::new(OWN).join("app.css"))?;
    let css = format!("/*! Licences of what is in here: {licences} */\n{}{theme}\n{own}", design_system(&modules)?);
    shelf.add("APP_CSS", "app.css", css.as_bytes())?;
    shelf.add("MARK", "mark.svg", read(&Path::new(OWN).join("mark.svg"))?.as_bytes())?;
    write(&out.join("assets_manifest.rs"), shelf.manifest.as_bytes())
}

/// Installs the locked packages, unless they are there already.
fn install(folder: &Path) -> Result<PathBuf, String> {
    let modules = folder.join("node_modules");
    let stamp = folder.join("installed");
    fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}.", folder.display()))?;
    let mut asked = String::new();
    for name in ["package.json", "package-lock.json"] {
        let text = read(Path::new(name))?;
        write(&folder.join(name), text.as_bytes())?;
        asked.push_str(&text);
    }
    let asked = short_hash(asked.as_bytes());
    if modules.is_dir() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == asked) {
        return Ok(modules);
    }
    let run = Command::new("npm")
        .args(["ci", "--omit=dev", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .output();
    match run {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("npm is needed to fetch the design system: install Node.js with npm, or set UI_ASSETS_DIR to a node_modules folder that is ready.".to_owned()),
        Err(error) => Err(format!("npm could not be started: {error}.")),
        Ok(done) if !done.status.success() => {
            let said = String::from_utf8_lossy(&done.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
            Err(format!("npm ci could not fetch the design system: {said}"))
        }
        Ok(_) => write(&stamp, asked.as_bytes()).map(|()| modules),
    }
}

/// The stylesheets of the design system, without GOV.UK's font, crest and colours for print.
fn design_system(modules: &Path) -> Result<String, String> {
    let govuk = only(&read(&modules.join(GOVUK_CSS))?, &|selector, rules| {
        !selector.starts_with("@font-face") && !rules.contains("url(/assets/")
    });
    let moj = only(&read(&modules.join(MOJ_CSS))?, &|selector, rules| {
        MOJ_PIECES.iter().any(|piece| selector.contains(piece)) && !rules.contains("url(/assets/")
    });
    let css = format!("{govuk}\n{moj}\n")
        .replace("\"GDS Transport\",arial,sans-serif", "var(--brand-font)")
        .replace("GDS Transport,arial,sans-serif", "var(--brand-font)");
    if css.contains("GDS Transport") || css.contains("/assets/") {
        return Err(
            "the design system still names GOV.UK's font or pictures: build.rs must learn its new spelling.".to_owned()
        );
    }
    if !css.contains(".govuk-button") || !css.contains(".moj-timeline") {
        return Err("the design system's stylesheets lack buttons or timelines: build.rs must learn their new shape."
            .to_owned());
    }
    Ok(css)
}

/// The rules of a minified stylesheet that `keep` wants, inside and outside of media queries.
fn only(css: &str, keep: &dyn Fn(&str, &str) -> bool) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(end) = rest.find(['{', ';']) {
        let (selector, after) = (rest[..end].trim(), &rest[end + 1..]);
        if rest[end..].starts_with(';') {
            if selector.starts_with('@') && !selector.starts_with("@charset") {
                kept.push_str(selector);
                kept.push(';');
            }
            rest = after;
            continue;
        }
        let close = closing_brace(after);
        let rules = &after[..close];
        if selector.starts_with("@media") || selector.starts_with("@supports") {
            let inner = only(rules, keep);
            if !inner.is_empty() {
                kept.extend([selector, "{", &inner, "}"]);
            }
        } else if keep(selector, rules) {
            kept.extend([selector, "{", rules, "}"]);
        }
        rest = after.get(close + 1..).unwrap_or("");
    }
    kept
}

/// Where the block that has just been opened ends; braces in strings do not count.
fn closing_brace(text: &str) -> usize {
    let (mut depth, mut quote) = (1_usize, None);
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{') => depth += 1,
            (None, '}') if depth == 1 => return place,
            (None, '}') => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The licence texts that travel with what is embedded.
fn licences(modules: &Path) -> Result<String, String> {
    let mut all = String::new();
    for (what, package) in [
        ("GOV.UK Frontend", "govuk-frontend"),
        ("Ministry of Justice Frontend", "@ministryofjustice/frontend"),
        ("Atkinson Hyperlegible Next", FONTS),
    ] {
        let folder = modules.join(package);
        let text = ["LICENSE", "LICENSE.txt", "LICENCE", "LICENSE.md"]
            .iter()
            .find_map(|name| fs::read_to_string(folder.join(name)).ok());
        let text = match text {
            Some(text) => text,
            None => licence_name(&read(&folder.join("package.json"))?)
                .ok_or_else(|| format!("{package} names no licence."))?,
        };
        all.extend([what, " (", package, ")\n\n", text.trim(), "\n\n"]);
    }
    Ok(all)
}

/// The licence that a package.json names. The packages of the government departments ship no text of theirs.
fn licence_name(package: &str) -> Option<String> {
    let (_, after) = package.split_once("\"license\"")?;
    match after.split('"').nth(1)? {
        "MIT" => fs::read_to_string(Path::new(OWN).join("licence-mit.txt")).ok(),
        other => Some(format!("Licence: {other}")),
    }
}

/// The folder of files that the binary embeds, and the constants that name them.
struct Shelf {
    folder: PathBuf,
    manifest: String,
}

impl Shelf {
    fn empty(folder: PathBuf) -> Result<Self, String> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| format!("{} cannot be emptied: {e}.", folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(|e| format!("{} cannot be made: {e}.", folder.display()))?;
        Ok(Shelf { folder, manifest: String::new() })
    }

    /// Writes a file under a name that holds a hash of its content; gives its address on the site.
    fn add(&mut self, constant: &str, name: &str, bytes: &[u8]) -> Result<String, String> {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hashed = format!("{stem}-{}.{ending}", short_hash(bytes));
        write(&self.folder.join(&hashed), bytes)?;
        let address = format!("/assets/{hashed}");
        let constant = format!("/// Address of `{name}`.\npub const {constant}: &str = \"{address}\";\n");
        self.manifest.push_str(&constant);
        Ok(address)
    }
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| unreadable(path, &e))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("{} cannot be written: {e}.", path.display()))
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}.", path.display())
}
