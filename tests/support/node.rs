//! Programs from npm that tests use: a real SMTP server, a browser, an accessibility checker.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A folder with the scripts of `tests/browser` and `node_modules` beside them, installed once from the lock file.
pub fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/browser-tests");
        std::fs::create_dir_all(&folder).unwrap();
        let lock = std::fs::read(root.join("package-lock.json")).unwrap();
        let marker = folder.join("installed-lock.json");
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(root.join(file), folder.join(file)).unwrap();
        }
        if std::fs::read(&marker).ok().as_deref() != Some(&lock[..]) {
            let status = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&folder)
                .status()
                .expect("npm is needed for the browser and mail tests");
            assert!(status.success(), "npm ci failed");
            std::fs::write(&marker, &lock).unwrap();
        }
        for entry in std::fs::read_dir(root.join("tests/browser")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        folder
    })
}
