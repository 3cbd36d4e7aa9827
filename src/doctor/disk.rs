//! How much room is left where a file lies: asked of `df`, which every Unix has. Where there is none, nothing is known.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Disk;

/// A file system that does not answer is not waited for.
const WITHIN: Duration = Duration::from_secs(2);

/// The room where `file` lies.
pub async fn around(file: &Path) -> Option<Disk> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let asking = tokio::task::spawn_blocking(move || {
        let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
        read(&String::from_utf8_lossy(&output.stdout))
    });
    tokio::time::timeout(WITHIN, asking).await.ok()?.ok()?
}

/// The second line of what POSIX has `df -Pk` print: name, blocks of 1024 bytes in all, used, free.
fn read(printed: &str) -> Option<Disk> {
    let line = printed.lines().nth(1)?;
    // The name may have spaces in it; the share used is the first word that ends with a percent sign.
    let (before, _) = line.split_once('%')?;
    let mut numbers = before.split_whitespace().rev().skip(1);
    let mut next = || numbers.next()?.parse::<u64>().ok()?.checked_mul(1_024);
    let (free, _used, total) = (next()?, next()?, next()?);
    Some(Disk { free, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_df_prints_is_read() {
        let printed = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/my disk 1000 400 600 40% /data\n";
        let (free, total) = (600 * 1_024, 1_000 * 1_024);
        assert_eq!(read(printed), Some(Disk { free, total }));
        assert_eq!(read(""), None);
        assert_eq!(read("a\nb - - - -% /\n"), None);
    }
}
