#!/usr/bin/env bash
# The documentation as a site, in target/site: the pages of docs, and what they lead to beside it (the README, the processors' own pages), which a book
# cannot hold where they are. Links to these are turned to their copies.
set -euo pipefail

if ! command -v mdbook >/dev/null; then
    echo "make site: mdbook is not installed. Install it with: cargo install mdbook --locked" >&2
    echo "(or take a binary from https://github.com/rust-lang/mdBook/releases), and try again." >&2
    exit 2
fi
cd "$(dirname "$0")/.."
book=target/site-source
rm -rf "$book"
mkdir -p "$book/reference"
cp -r docs/. "$book/"
cp README.md "$book/the-readme.md"
cp LICENSE-APACHE LICENSE-MIT "$book/"

printf '\n# Reference\n\n- [README](the-readme.md)\n' >>"$book/SUMMARY.md"
for page in providers/src/*/README.md; do
    name=$(basename "$(dirname "$page")")
    cp "$page" "$book/reference/$name.md"
    printf -- '- [%s](reference/%s.md)\n' "$(sed -n '1s/^# //p' "$page") in full" "$name" >>"$book/SUMMARY.md"
done

find "$book" -name '*.md' -print0 | xargs -0 sed -i -E \
    -e 's#\]\(\.\./\.\./providers/src/([a-z_]+)/README\.md#](../reference/\1.md#g' \
    -e 's#\]\((\.\./)?providers/src/([a-z_]+)/README\.md#](reference/\2.md#g' \
    -e 's#\]\(\.\./README\.md#](the-readme.md#g'
sed -i -E -e 's#\]\(docs/#](#g' -e 's#"docs/images/#"images/#g' "$book/the-readme.md"
# The contents are no page there; they stand beside each.
find "$book" -name '*.md' ! -name SUMMARY.md -print0 | xargs -0 sed -i 's#](SUMMARY\.md)#](introduction.md)#g'
sed -i -E 's#\]\(\.\./([a-z_]+)/README\.md#](\1.md#g' "$book"/reference/*.md
mdbook build "$book" --dest-dir "$PWD/target/site"
echo "target/site/index.html"
