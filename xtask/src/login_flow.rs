//! The person's part of login flow v2, played over HTTP.

use crate::failure::{Result, ensure, fail};
use crate::http::{Endpoint, Request};

/// Opens the address of a flow as a browser does, and agrees as this person with the state
/// that the page holds.
pub(crate) fn agree(person: &Endpoint, flow: &str) -> Result<()> {
    let opened = Request::new(&person.authority, "GET", flow).send()?;
    let cookies: Vec<&str> = opened
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, value)| value.split(';').next())
        .collect();
    let cookies = cookies.join("; ");
    let page = Request::new(&person.authority, "GET", "/login/v2/flow")
        .header("Cookie", &cookies)
        .send()?
        .text();
    let Some((_, rest)) = page.split_once("stateToken") else { fail!("no state: {page}") };
    let state: String = rest
        .chars()
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .collect::<String>()
        .trim_start_matches("value=\"")
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let form =
        form_urlencoded::Serializer::new(String::new()).append_pair("stateToken", &state).finish();
    let granted = person
        .request("POST", "/login/v2/grant")
        .header("Cookie", &cookies)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()?;
    ensure!(granted.status == 200, "agreeing was answered {}", granted.status);
    Ok(())
}
