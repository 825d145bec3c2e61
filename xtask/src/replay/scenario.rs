//! One scenario: set up, sent request by request, compared.

use std::collections::BTreeMap;

use super::differences::{Difference, Differences};
use super::people::People;
use super::recording::Exchange;
use super::relations::Relations;
use super::trash::{self, Moments};
use super::{headers, json, setup, xml};
use crate::failure::{Context as _, Result};
use crate::http::{Endpoint, Request, Response};

/// What is remembered from one exchange to the next.
struct Run<'a> {
    people: People,
    authority: &'a str,
    relations: Relations,
    moments: Moments,
    /// By sender, since people keep cookies as real clients do.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// The first app password that was given out.
    app_password: Option<String>,
    /// How often somebody came without credentials.
    visits: u16,
}

/// Replays a scenario and adds what differs to the list.
pub(super) fn replay(
    admin: &Endpoint,
    suffix: String,
    name: &str,
    exchanges: &[Exchange],
    found: &mut Vec<Difference>,
) -> Result<()> {
    let people = People::make(admin, suffix, exchanges)?;
    setup::lay(&people, name, exchanges)?;
    let mut run = Run {
        people,
        authority: &admin.authority,
        relations: Relations::default(),
        moments: Moments::default(),
        cookies: BTreeMap::new(),
        app_password: None,
        visits: 0,
    };
    for (index, exchange) in exchanges.iter().enumerate() {
        let what = format!("#{} {} {}", exchange.n, exchange.method, exchange.path);
        let response = run.send(exchange).context(what)?;
        let later = exchanges.get(index + 1..).unwrap_or_default();
        setup::take_along(&run.people, name, exchange, &response, later)?;
        let mut differences = Differences::new(name, exchange.n, found);
        run.compare(exchange, &response, &mut differences)?;
    }
    Ok(())
}

impl Run<'_> {
    fn send(&mut self, exchange: &Exchange) -> Result<Response> {
        self.moments.learn(&self.people, &exchange.path)?;
        let ours = |text: &str| {
            let text = self.moments.to_ours(text);
            self.relations.to_ours(&self.people.to_ours(&text))
        };
        let mut request = Request::new(self.authority, &exchange.method, &ours(&exchange.path));
        let explicit = exchange
            .request_headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if !explicit {
            let secrets = (self.app_password.as_deref(), self.relations.last_link());
            let credentials = self.people.credentials(exchange, secrets);
            match credentials {
                Some((user, password)) => request = request.basic(&user, &password),
                None => {
                    // Guessing is braked by network, and the recorded server did not brake.
                    self.visits += 1;
                    let [.., high, low] = self.visits.to_be_bytes();
                    request = request.header("X-Forwarded-For", &format!("198.18.{high}.{low}"));
                }
            }
        }
        for (name, value) in &exchange.request_headers {
            // Which credentials were wrong is not recorded, only that they were.
            let wrong = value.contains("<credentials>");
            let value = if wrong { "Basic bm9ib2R5Ondyb25n".to_owned() } else { ours(value) };
            request = request.header(name, &value);
        }
        if let Some(jar) = self.cookies.get(&exchange.sender) {
            let line: Vec<String> =
                jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", &line.join("; "));
        }
        let body = exchange.request_body.to_send()?;
        let body = match String::from_utf8(body) {
            // Contents are sent as they are: how long they are counts.
            Ok(text) if exchange.method == "PUT" && !exchange.path.starts_with("/ocs/") => {
                text.into_bytes()
            }
            Ok(text) => ours(&text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        let response = request.body(body).send()?;
        self.remember(exchange, &response);
        Ok(response)
    }

    fn remember(&mut self, exchange: &Exchange, response: &Response) {
        let jar = self.cookies.entry(exchange.sender.clone()).or_default();
        for (name, value) in &response.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    jar.insert(name.trim().to_owned(), value.trim().to_owned());
                }
            }
        }
        if jar.is_empty() {
            self.cookies.remove(&exchange.sender);
        }
        let given = serde_json::from_slice::<serde_json::Value>(&response.body)
            .ok()
            .and_then(|value| value["ocs"]["data"]["apppassword"].as_str().map(ToOwned::to_owned));
        if self.app_password.is_none() {
            self.app_password = given;
        }
    }

    fn compare(
        &mut self,
        exchange: &Exchange,
        response: &Response,
        differences: &mut Differences<'_>,
    ) -> Result<()> {
        if exchange.status == 500 {
            // An accident of the recorded server; ours only must not have one too.
            if response.status == 500 {
                differences.add("status", "500, as the recorded server's accident".into());
            }
            return Ok(());
        }
        if exchange.status != response.status {
            let text = format!("{} instead of {}", response.status, exchange.status);
            differences.add("status", text);
            return Ok(());
        }
        self.relations.at(&exchange.path);
        headers::compare(exchange, response, &self.people, &mut self.relations, differences);
        self.compare_body(exchange, response, differences)
    }

    fn compare_body(
        &mut self,
        exchange: &Exchange,
        response: &Response,
        differences: &mut Differences<'_>,
    ) -> Result<()> {
        let content_type = exchange.header("Content-Type").unwrap_or_default();
        let comparable = |text: &str| trash::without_seconds(&exchange.path, text);
        let recorded = comparable(exchange.body.as_text());
        let recorded = recorded.as_str();
        let ours = self.relations.to_recorded(&self.people.to_recorded(&response.text()));
        let ours = comparable(&ours);
        if exchange.body.text.is_none() {
            let length = exchange.body.length.unwrap_or_default();
            // Pictures are drawn anew; other bytes keep at least their number.
            if !content_type.starts_with("image/") && length != response.body.len() {
                let text = format!("{} bytes instead of {length}", response.body.len());
                differences.add("body", text);
            }
        } else if recorded.is_empty() || ours.is_empty() {
            if recorded.is_empty() != ours.is_empty() {
                let text = format!("{} bytes instead of {}", ours.len(), recorded.len());
                differences.add("body", text);
            }
        } else if content_type.starts_with("application/xml") || recorded.starts_with("<?xml") {
            let written = exchange.method == "GET" && content_type.starts_with("text/");
            if written && recorded == ours {
                return Ok(());
            }
            xml::compare(recorded, &ours, exchange.time, &mut self.relations, differences)?;
        } else if content_type.starts_with("application/json") || recorded.starts_with("{\"") {
            // The answer to a bulk upload calls itself HTML and is JSON.
            let theirs = serde_json::from_str(recorded).context("recorded JSON")?;
            match serde_json::from_str(&ours) {
                Ok(own) => {
                    let relations = &mut self.relations;
                    json::compare("body", &theirs, &own, exchange.time, relations, differences);
                }
                Err(error) => differences.add("body", format!("not JSON: {error}")),
            }
        } else if recorded.trim_start().starts_with("<!DOCTYPE html") {
            if !ours.trim_start().to_ascii_lowercase().starts_with("<!doctype html") {
                differences.add("body", "is no HTML page".into());
            }
        } else if recorded != ours {
            differences.add("body", "another text".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// Answers one request after the other with these texts, and gives the requests back.
    fn stub(answers: Vec<&'static str>) -> (Endpoint, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    reader.read_line(&mut request).unwrap();
                }
                let length = request
                    .lines()
                    .find_map(|line| line.strip_prefix("Content-Length: "))
                    .map_or(0, |length| length.parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                request.push_str(&String::from_utf8(body).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
                requests.push(request);
            }
            requests
        });
        (Endpoint::new(&url, "admin", "p").unwrap(), thread)
    }

    fn recorded() -> Vec<Exchange> {
        serde_json::from_str(
            r#"[
            {"n": 1, "as": "alice", "method": "PUT", "path": "/remote.php/dav/files/alice/f",
             "time": 0, "request_headers": [], "request_body": {"text": "of alice"}, "status": 201,
             "headers": [["ETag", "\"d156d36064fdfbfa5c10e5a051dd655d\""]], "body": {"text": ""}},
            {"n": 2, "as": "alice", "method": "GET", "path": "/remote.php/dav/files/alice/f",
             "time": 0, "request_headers": [["If-Match", "\"d156d36064fdfbfa5c10e5a051dd655d\""]],
             "request_body": {"text": ""}, "status": 200,
             "headers": [["ETag", "\"d156d36064fdfbfa5c10e5a051dd655d\""],
                         ["Content-Type", "text/plain"]], "body": {"text": "of alice"}}
            ]"#,
        )
        .unwrap()
    }

    const PERSON_MADE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const PUT: &str =
        "HTTP/1.1 201 C\r\nETag: \"1\"\r\nSet-Cookie: s=1; Path=/\r\nContent-Length: 0\r\n\r\n";
    const SAME: &str = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Type: text/plain\r\n\
                        Content-Length: 8\r\n\r\nof alice";
    const OTHER: &str = "HTTP/1.1 200 OK\r\nETag: \"2\"\r\nContent-Type: text/html\r\n\
                         Content-Length: 3\r\n\r\nbob";

    fn run(last: &'static str) -> (Vec<String>, Vec<String>) {
        let (admin, thread) = stub(vec![PERSON_MADE, PUT, last]);
        let mut found = Vec::new();
        replay(&admin, "-7".into(), "files.test", &recorded(), &mut found).unwrap();
        (found.iter().map(ToString::to_string).collect(), thread.join().unwrap())
    }

    #[test]
    fn the_same_answers_in_other_values_are_no_difference() {
        let (found, requests) = run(SAME);
        assert_eq!(found, Vec::<String>::new());
        assert!(requests[0].contains("userid=alice-7"), "{}", requests[0]);
        assert!(requests[1].starts_with("PUT /remote.php/dav/files/alice-7/f HTTP/1.1"));
        assert!(requests[1].ends_with("\r\n\r\nof alice"), "{}", requests[1]);
        assert!(requests[2].contains("If-Match: \"1\"\r\n"), "{}", requests[2]);
        assert!(requests[2].contains("Cookie: s=1\r\n"), "{}", requests[2]);
    }

    #[test]
    fn other_answers_are_told() {
        let (found, _) = run(OTHER);
        assert_eq!(
            found,
            [
                "files.test #2 header ETag: \"2\" changed where the recorded one stayed",
                "files.test #2 header Content-Type: Some(\"text/html\") instead of \
                 Some(\"text/plain\")",
                "files.test #2 body: another text",
            ]
        );
    }
}
