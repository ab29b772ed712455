//! Stands between the program or the engine and a registry, and does what goes wrong on real networks.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The registry answers with this status and header line.
    Answer(u16, &'static str),
    /// The connection is cut after that many bytes went up.
    Cut(usize),
}

/// When it goes wrong: for requests that begin with `method` and whose path holds `path`, after `skip`
/// of them went well, for `times` of them.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) skip: usize,
    pub(crate) times: usize,
    pub(crate) fault: Fault,
}

/// More often than anybody tries.
pub(crate) const ALWAYS: usize = 1_000_000;

/// A proxy for one registry. Its threads end with the test.
pub(crate) struct Proxy {
    pub(crate) port: u16,
}

impl Proxy {
    pub(crate) fn start(registry: u16, rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let rules = Arc::new(Mutex::new(rules));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let rules = Arc::clone(&rules);
                // A connection that breaks is what this is for.
                std::thread::spawn(move || serve(client, registry, &rules));
            }
        });
        Self { port }
    }

    pub(crate) fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// One request on one connection.
fn serve(client: TcpStream, registry: u16, rules: &Mutex<Vec<Rule>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let fault = fault(&head, &mut rules.lock().unwrap());
    if let Some(Fault::Answer(status, header)) = fault {
        // The codes of the distribution specification.
        let code = match status {
            401 => "UNAUTHORIZED",
            403 => "DENIED",
            404 => "NAME_UNKNOWN",
            429 => "TOOMANYREQUESTS",
            _ => "UNKNOWN",
        };
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        let text = format!(
            "HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n{header}\r\n{body}",
            body.len()
        );
        (&client).write_all(text.as_bytes())?;
        return client.shutdown(Shutdown::Both);
    }
    let mut upstream = TcpStream::connect(("127.0.0.1", registry))?;
    let head: String = head
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    upstream.write_all(head.as_bytes())?;
    let most = if let Some(Fault::Cut(bytes)) = fault { bytes } else { usize::MAX };
    let (mut up, both) = (upstream.try_clone()?, (upstream.try_clone()?, client.try_clone()?));
    if most != usize::MAX {
        // A body that ends before is cut behind its end.
        client.set_read_timeout(Some(Duration::from_millis(300)))?;
    }
    std::thread::spawn(move || {
        copy(&mut reader, &mut up, most);
        if most != usize::MAX {
            let _ = both.0.shutdown(Shutdown::Both);
            let _ = both.1.shutdown(Shutdown::Both);
        }
    });
    if most != usize::MAX {
        // What is to be cut gets no answer either.
        return Ok(());
    }
    std::io::copy(&mut upstream, &mut &client)?;
    client.shutdown(Shutdown::Both)
}

/// Copies up to `most` bytes.
fn copy(from: &mut impl Read, to: &mut impl Write, most: usize) {
    let mut buffer = [0; 16 * 1024];
    let mut copied = 0;
    while copied < most {
        let room = buffer.len().min(most - copied);
        match from.read(&mut buffer[..room]) {
            Ok(count) if count > 0 && to.write_all(&buffer[..count]).is_ok() => copied += count,
            _ => break,
        }
    }
}

fn fault(head: &str, rules: &mut [Rule]) -> Option<Fault> {
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let rule = rules.iter_mut().find(|rule| {
        rule.times > 0 && method.starts_with(rule.method) && path.contains(rule.path)
    })?;
    if rule.skip > 0 {
        rule.skip -= 1;
        return None;
    }
    rule.times -= 1;
    Some(rule.fault.clone())
}
