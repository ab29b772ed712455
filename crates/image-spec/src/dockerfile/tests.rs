//! Dockerfiles as they are written, and what is read of them.

use super::*;

fn read(text: &str) -> Dockerfile {
    Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()).unwrap()
}

fn commands(text: &str) -> Vec<String> {
    let file = read(&format!("FROM a\n{text}"));
    let all = file.runs().flat_map(|(_, run)| run.commands.iter());
    all.map(|command| {
        let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    })
    .collect()
}

#[test]
fn resolves_the_base() {
    let check = |text: &str, expected: &str, open: bool| {
        let file = read(text);
        let from = file.begin_of(file.last_stage()).unwrap();
        assert_eq!((from.image.text.as_str(), from.image.open), (expected, open), "{text}");
    };
    check(
        "ARG CUDA=12.6.3\nFROM nvidia/cuda:${CUDA}-devel-ubuntu22.04",
        "nvidia/cuda:12.6.3-devel-ubuntu22.04",
        false,
    );
    check("ARG A=1\nARG B=x$A\nFROM y:$B", "y:x1", false);
    check("FROM a:${B}", "a:${B}", true);
    check("ARG B\nFROM a:${B:-1}", "a:1", false);
    check("ARG B=\nFROM a${B:+:$B}", "a", false);
    check("FROM --platform=$BUILDPLATFORM a:1 AS X\nFROM x", "x", false);
    check("FROM a\nARG V=2\nFROM b:$V", "b:$V", true);
}

#[test]
fn splits_shell_commands() {
    let check = |text: &str, expected: &[&str]| assert_eq!(commands(text), expected, "{text}");
    check(
        "RUN apt-get update && apt-get install -y a b",
        &["apt-get update", "apt-get install -y a b"],
    );
    check("RUN a \\\n  # why\n\n  b; c | d || true", &["a b", "c", "d", "true"]);
    check("RUN A=1 sudo -E B=2 env C=3 pip install x", &["pip install x"]);
    check("RUN if ! command -v x; then y; else z; fi", &["command -v x", "y", "z"]);
    check("RUN for p in a b; do pip install $p; done", &["pip install $p"]);
    check(
        "RUN bash -c \"source x && pip install y\"",
        &["bash -c source x && pip install y", "source x", "pip install y"],
    );
    check("RUN [\"bash\", \"-lc\", \"a && b\"]", &["bash -lc a && b", "a", "b"]);
    check("RUN V=1.2 && pip install torch==$V", &["", "pip install torch==1.2"]);
    check("RUN echo $(uname -m) > /x 2>&1", &["uname -m", "echo $(uname -m)"]);
    check("RUN case $A in x) b;; y|z) c ;; esac && d", &["b", "c", "d"]);
    check("RUN (cd x && make) && { a; b; }", &["cd x", "make", "a", "b"]);
    check("RUN <<EOF\nset -e\na 'b c' # why\nd \\\n e\nEOF\n", &["set -e", "a b c", "d e"]);
    check("RUN cat <<EOF > /x && b\nnot a command\nEOF\n", &["cat", "b"]);
    check("RUN <<EOF python3\nimport torch\nEOF\n", &["python3"]);
    check("RUN bash <<'EOF'\na\nEOF\n", &["bash", "a"]);
    check("RUN --mount=type=cache,target=/x a", &["a"]);
    check("RUN conda run -n env pip install x", &["pip install x"]);
    check("ENV A=b\nRUN c ${A} '$A'", &["c b $A"]);
    check("RUN a \"b\nRUN c", &["a b", "c"]);
    check("SHELL [\"powershell\"]\nRUN a", &[]);
}

#[test]
fn keeps_places() {
    let file = read("FROM a\nRUN x \\\n  # why\n  é ünd\\\n  torch==1\n");
    let (_, run) = file.runs().next().unwrap();
    let spans: Vec<&str> =
        run.commands[0].words.iter().map(|word| &file.text[word.span.clone()]).collect();
    assert_eq!(spans, ["x", "é", "ünd", "torch==1"]);
    let Place::File { line, column, .. } = file.place(run.commands[0].words[3].span.start) else {
        panic!("no place in a file");
    };
    assert_eq!((line, column), (5, 3));
}

#[test]
fn says_what_is_wrong() {
    let check = |bytes: &[u8], expected: &str| {
        let got = Dockerfile::parse(Path::new("D"), bytes).map(|_| ());
        let got = got.map_err(|error| error.to_string()).unwrap_err();
        assert_eq!(got, expected);
    };
    check(b"", "D:1:1: it holds no instruction");
    check(b"ARG A", "D:1:1: it holds no `FROM`");
    check(b"RUN a\nFROM b", "D:1:1: `RUN` stands before the first `FROM`");
    check(b"FROM a\n\n  FRUM b", "D:3:3: there is no instruction `FRUM`");
    check(b"FROM a b", "D:1:1: `FROM` is written `FROM image` or `FROM image AS name`");
    check(
        b"FROM a\nRUN cat <<EOF\nb",
        "D:2:9: the here-document `EOF` has no end: a line with only `EOF` is missing",
    );
    check(b"root:x:0:0:secret", "D:1:1: there is no instruction `ROOT:X:0:0:…`");
    let utf32 = "D: it is written in UTF-32, which Docker cannot read: save it as UTF-8";
    check(b"\xff\xfe\0\0F\0\0\0", utf32);
    check(b"\0\0\xfe\xff\0\0\0F", utf32);
    check(b"F\0\0\0R\0\0\0", utf32);
    check(b"\xff\xfeF\0", "D: it is written in UTF-16, which Docker cannot read: save it as UTF-8");
    check(
        b"F\0R\0O\0M\0 \0a\0",
        "D: it is written in UTF-16, which Docker cannot read: save it as UTF-8",
    );
    check(b"FROM a\n\0\x7fELF", "D:2: it is a binary file: a zero byte is in it");
    check(b"FROM a\nRUN \xff", "D:2: it is not UTF-8: the byte 0xff stands for nothing");
    let large = vec![b'#'; 1024 * 1024 + 1];
    check(&large, "D: it is larger than 1 MiB: that is no Dockerfile");
}

#[test]
fn reads_ignore_comments() {
    let file = read(
        "# altlas global ignore=runs-as-root; it is a builder\nFROM a\n# altlas ignore=image/x, y\nRUN a \\\n  b\n# hadolint ignore=DL3008\nRUN c\n",
    );
    let list: Vec<_> = file
        .ignores
        .list
        .iter()
        .map(|ignore| {
            (
                ignore.tool,
                ignore.code.as_str(),
                ignore.lines.clone(),
                &file.text[ignore.span.clone()],
            )
        })
        .collect();
    assert_eq!(
        list,
        [
            ("altlas", "runs-as-root", None, "runs-as-root"),
            ("altlas", "image/x", Some(4..6), "image/x"),
            ("altlas", "y", Some(4..6), "y"),
            ("hadolint", "DL3008", Some(7..8), "DL3008"),
        ]
    );
    assert_eq!(file.ignores.list[0].reason.as_deref(), Some("it is a builder"));
}

#[test]
fn reads_what_pip_is_asked_for() {
    let file = read(
        "FROM a\nRUN python3.11 -m pip install --no-cache-dir -r a.txt torch==2 --index-url=https://x/cu118 -f y\n",
    );
    let (_, run) = file.runs().next().unwrap();
    let (_, pip) = run.pip().next().unwrap();
    assert_eq!(pip.program.version(), Some("3.11"));
    assert_eq!(pip.files[0].text, "a.txt");
    assert_eq!(pip.requirements[0].text, "torch==2");
    assert_eq!(pip.index_page(), Some("https://x/cu118"));
    assert!(pip.has(&["--no-cache-dir"]));
}
