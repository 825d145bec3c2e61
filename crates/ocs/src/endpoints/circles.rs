//! `/apps/circles`: teams that people make and manage themselves, which older versions called
//! circles, and the protocol still does.
//!
//! A refusal has the numbers 120 to 124 or 400 in its code; 404 for a circle that there is not,
//! or that one may not know of.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Nothing};

/// Whom one means: a person (1) or a group (2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberType(pub u32);

impl MemberType {
    /// A person of this server.
    pub const USER: Self = Self(1);
    /// A group of this server.
    pub const GROUP: Self = Self(2);
    /// Another circle.
    pub const CIRCLE: Self = Self(16);
}

/// A member of a circle, or who is to be one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Member {
    /// The id of the membership.
    pub id: String,
    /// The circle.
    pub circle_id: String,
    /// The same for one person in all circles.
    pub single_id: String,
    /// The id of the person or group.
    pub user_id: String,
    /// Which of the two.
    pub user_type: MemberType,
    /// The server; empty for this one.
    pub instance: String,
    /// Whether they are of this server.
    pub local: bool,
    /// 0 while they are not in, 1 member, 4 moderator, 8 administrator, 9 owner.
    pub level: u8,
    /// `Member`, `Invited` or `Requesting`.
    pub status: String,
    /// The name to show.
    pub display_name: String,
    /// When that was looked up, in seconds since 1970.
    pub display_update: i64,
    /// Notes.
    pub notes: Nothing,
    /// A card in an address book.
    pub contact_id: String,
    /// What is known of that card.
    pub contact_meta: String,
    /// When they came in, were invited or asked, in seconds since 1970.
    pub joined: i64,
    /// Who brought them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<Someone>,
}

/// A person or group that can be in a circle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Someone {
    /// The same for one person in all circles.
    pub single_id: String,
    /// The id of the person or group.
    pub user_id: String,
    /// Which of the two.
    pub user_type: MemberType,
    /// The server; empty for this one.
    pub instance: String,
    /// The name to show.
    pub display_name: String,
}

/// A circle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Circle {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The name to show.
    pub display_name: String,
    /// The name without what file systems do not take.
    pub sanitized_name: String,
    /// What made it; 16 for people.
    pub source: u32,
    /// How many members it has; a group counts once.
    pub population: u64,
    /// The settings: 2 personal, 8 visible, 16 open, 32 invite, 64 request, 128 friend.
    pub config: i64,
    /// What it is for.
    pub description: String,
    /// The address of its page.
    pub url: String,
    /// When it was made, in seconds since 1970.
    pub creation: i64,
    /// What the one who asks is to it; `null` for strangers.
    pub initiator: Option<Member>,
    /// Who owns it.
    pub owner: Option<Member>,
}

endpoint! {
    /// `GET …/circles`: the circles that one may know of.
    pub List = Metadata::get("/apps/circles/circles"),
    NoParameters => Vec<Circle>
}

/// A new circle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewCircle {
    /// The name.
    pub name: String,
    /// Whether its owner alone is to know of it.
    pub personal: bool,
    /// Whether it is for this server only, as all are.
    pub local: bool,
}

endpoint! {
    /// `POST …/circles`: makes a circle, which one owns.
    pub Create = Metadata::post("/apps/circles/circles"),
    NewCircle => Circle
}

/// A circle, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ById {
    /// The id.
    pub circle_id: String,
}

endpoint! {
    /// `GET …/circles/{circleId}`: a circle.
    pub Get = Metadata::get("/apps/circles/circles/{circleId}"),
    ById => Circle
}

endpoint! {
    /// `DELETE …/circles/{circleId}`: deletes a circle; says what it was.
    pub Delete = Metadata::delete("/apps/circles/circles/{circleId}"),
    ById => Circle
}

/// A new text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewText {
    /// The circle.
    pub circle_id: String,
    /// The text.
    #[serde(default)]
    pub value: String,
}

endpoint! {
    /// `PUT …/circles/{circleId}/name`: gives another name.
    pub SetName = Metadata::put("/apps/circles/circles/{circleId}/name"),
    NewText => Circle
}

endpoint! {
    /// `PUT …/circles/{circleId}/description`: gives another description.
    pub SetDescription = Metadata::put("/apps/circles/circles/{circleId}/description"),
    NewText => Circle
}

/// New settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewConfig {
    /// The circle.
    pub circle_id: String,
    /// All settings, see [`Circle::config`].
    pub value: i64,
}

endpoint! {
    /// `PUT …/circles/{circleId}/config`: replaces the settings.
    pub SetConfig = Metadata::put("/apps/circles/circles/{circleId}/config"),
    NewConfig => Circle
}

endpoint! {
    /// `PUT …/circles/{circleId}/join`: comes in, accepts an invitation, or asks to come in.
    pub Join = Metadata::put("/apps/circles/circles/{circleId}/join"),
    ById => Member
}

endpoint! {
    /// `PUT …/circles/{circleId}/leave`: leaves; says what circle it was.
    pub Leave = Metadata::put("/apps/circles/circles/{circleId}/leave"),
    ById => Circle
}

endpoint! {
    /// `GET …/circles/{circleId}/members`: who is in, for those who are.
    pub Members = Metadata::get("/apps/circles/circles/{circleId}/members"),
    ById => Vec<Member>
}

/// Somebody to be added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMember {
    /// The circle.
    pub circle_id: String,
    /// The id of a person or group.
    #[serde(default)]
    pub user_id: String,
    /// Which of the two.
    #[serde(default, rename = "type")]
    pub kind: MemberType,
}

endpoint! {
    /// `POST …/circles/{circleId}/members`: adds or invites somebody.
    pub Add = Metadata::post("/apps/circles/circles/{circleId}/members"),
    NewMember => Member
}

/// Whom to add, of several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Whom {
    /// The id of a person or group.
    pub id: String,
    /// Which of the two.
    #[serde(rename = "type")]
    pub kind: MemberType,
}

/// Some people and groups to be added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMembers {
    /// The circle.
    pub circle_id: String,
    /// Who.
    #[serde(default)]
    pub members: Vec<Whom>,
}

endpoint! {
    /// `POST …/circles/{circleId}/members/multi`: adds or invites several: all, or none.
    pub AddMany = Metadata::post("/apps/circles/circles/{circleId}/members/multi"),
    NewMembers => Vec<Member>
}

/// A member, by the circle and the id of the membership.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneMember {
    /// The circle.
    pub circle_id: String,
    /// The id of the membership.
    pub member_id: String,
}

endpoint! {
    /// `PUT …/circles/{circleId}/members/{memberId}`: lets somebody in who asks.
    pub Confirm = Metadata::put("/apps/circles/circles/{circleId}/members/{memberId}"),
    OneMember => Member
}

endpoint! {
    /// `DELETE …/circles/{circleId}/members/{memberId}`: removes a member.
    pub Remove = Metadata::delete("/apps/circles/circles/{circleId}/members/{memberId}"),
    OneMember => Nothing
}

/// A new level of a member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewLevel {
    /// The circle.
    pub circle_id: String,
    /// The id of the membership.
    pub member_id: String,
    /// `member`, `moderator`, `admin` or `owner`; or the number.
    #[serde(default)]
    pub level: String,
}

impl NewLevel {
    /// The number of the level; none for a word of no level.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self.level.to_ascii_lowercase().as_str() {
            "member" => Some(1),
            "moderator" => Some(4),
            "admin" => Some(8),
            "owner" => Some(9),
            other => other.parse().ok(),
        }
    }
}

endpoint! {
    /// `PUT …/circles/{circleId}/members/{memberId}/level`: gives a member another level.
    pub SetLevel = Metadata::put("/apps/circles/circles/{circleId}/members/{memberId}/level"),
    NewLevel => Member
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// A part of a name or id.
    pub term: String,
}

endpoint! {
    /// `GET …/search`: people and groups that one can add.
    pub Find = Metadata::get("/apps/circles/search"),
    Search => Vec<Someone>
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_numbers_and_words() {
        let number =
            |level: &str| NewLevel { level: level.to_owned(), ..NewLevel::default() }.number();
        assert_eq!(number("4"), Some(4));
        assert_eq!(number("Owner"), Some(9));
        assert_eq!(number("king"), None);
    }
}
