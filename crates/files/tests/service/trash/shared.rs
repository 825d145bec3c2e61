//! The trash, with all that can be mounted: who may see, restore and remove what.

use std::sync::Arc;

use allmende_files::{
    Download, ErrorKind, LinkView, MountKind, MountRules, View, remove_companions,
};
use allmende_share::{Inheritance, NodeRule, Rules};
use allmende_storage::Expect;
use allmende_types::{NodeId, Permissions};

use super::{bits, items, pair, remove, shown};
use crate::{
    mounted::{Told, share, team, world},
    world::{START, World, content, kind, mkdir, names, path, put, user},
};

#[tokio::test]
async fn who_removes_from_a_share_gets_a_copy_and_the_owner_the_thing() {
    let (world, told) = world();
    let alice = world.alice().await;
    let shared = mkdir(&alice, "Shared").await;
    mkdir(&alice, "Shared/d").await;
    let file = put(&alice, "Shared/d/f", b"x").await.entry;
    told.add("bob", share(1, "S", shared.id(), 31));
    let bob = world.bob().await;
    remove(&bob, "S/d").await;
    let second = START;
    assert_eq!(shown(&alice).await, [pair(&format!("d.d{second}"), "Shared/d")]);
    assert_eq!(shown(&bob).await, [pair(&format!("d.d{second}"), "S/d")]);
    let (hers, his) = (items(&alice).await.remove(0), items(&bob).await.remove(0));
    assert_eq!((hers.by.clone(), his.by.clone()), (Some(user("bob")), Some(user("bob"))));
    assert_ne!(hers.id(), his.id());
    // His own comes back into the share, under a name of its own when hers did first.
    let back = alice.trash().unwrap().restore(&hers).await.unwrap();
    assert_eq!(back.path, Some(path("Shared/d")));
    assert_eq!(alice.get(&path("Shared/d/f")).await.unwrap().id(), file.id());
    let back = bob.trash().unwrap().restore(&his).await.unwrap();
    assert_eq!((back.path, back.node.space), (Some(path("S/d (restored)")), shared.node.space));
    // Into his own home, when he may put nothing into the share any more.
    remove(&bob, "S/d").await;
    told.change("bob", 1, |mount| mount.permissions = bits(1));
    let bob = world.bob().await;
    let his = items(&bob).await.remove(0);
    assert_eq!(bob.trash().unwrap().restore(&his).await.unwrap().path, Some(path("d")));
    assert_eq!(content(&bob, "d/f").await, b"x");
    // Who may not take it away does not get it so; and the root of a share is only left.
    let hers = items(&alice).await.remove(0);
    alice.trash().unwrap().restore(&hers).await.unwrap();
    told.change("bob", 1, |mount| {
        mount.permissions = bits(31);
        mount.download = Download::ViewOnly;
    });
    let bob = world.bob().await;
    remove(&bob, "S/d").await;
    assert!(items(&bob).await.is_empty());
    assert_eq!(items(&alice).await.len(), 1);
    remove(&bob, "S").await;
    assert!(items(&bob).await.is_empty());
    assert_eq!(names(&alice, "").await, ["Shared"]);
}

#[tokio::test]
async fn guests_throw_things_into_the_trash_of_the_owner() {
    let world = World::new();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "L").await;
    put(&alice, "L/f", b"x").await;
    let mut mount = share(9, "L", folder.id(), 15);
    mount.kind = MountKind::Link;
    let link = LinkView { mount, holder: user("link-9"), number: Some(9) };
    let guest = world.files.node_view(link);
    remove(&guest, "f").await;
    let item = items(&alice).await.remove(0);
    assert_eq!((item.location.to_string().as_str(), item.by.clone()), ("L/f", None));
    assert!(names(&alice, "L").await.is_empty());
}

async fn a_team(world: &World, told: &Told, person: &str, rules: Option<MountRules>) -> View {
    let mut mount = team(world, 3, "Team", person).await;
    mount.rules = rules.map(Arc::new);
    told.add(person, mount);
    world.files.view(&user(person)).await.unwrap()
}

/// One rule: at a node so much and no more.
fn only(node: NodeId, allow: u8) -> Option<MountRules> {
    let rule = NodeRule { subject: 1, mask: Permissions::ALL, allow: bits(allow) };
    Some(Rules::new(Permissions::ALL, Inheritance::PerNode, [(node, rule)]).into())
}

#[tokio::test]
async fn a_team_has_one_trash_and_its_rules_hold_there() {
    let (world, told) = world();
    let alice = a_team(&world, &told, "alice", None).await;
    put(&alice, "f", b"own").await;
    let secret = mkdir(&alice, "Team/secret").await;
    let inner = mkdir(&alice, "Team/secret/inner").await;
    put(&alice, "Team/secret/inner/f", b"hidden").await;
    put(&alice, "Team/f", b"open").await;
    for at in ["f", "Team/f", "Team/secret/inner"] {
        remove(&alice, at).await;
    }
    let all = [
        pair(&format!("f.d{START}"), "f"),
        pair(&format!("f.d{START}-3"), "Team/f"),
        pair(&format!("inner.d{START}-3"), "Team/secret/inner"),
    ];
    assert_eq!(shown(&alice).await, all);
    assert_eq!(items(&alice).await[1].team(), Some(3));
    // By pages of one it is the same list.
    let trash = alice.trash().unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..10 {
        let page = trash.list(after.as_ref(), 1).await.unwrap();
        found.extend(page.items.iter().map(|item| item.name.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, all.clone().map(|(name, _)| name));
    // Bob may not read the folder it was in; carol reads everything and changes nothing.
    let bob = a_team(&world, &told, "bob", only(secret.id(), 0)).await;
    assert_eq!(shown(&bob).await, all[1..2]);
    assert!(bob.trash().unwrap().stat(inner.id()).await.unwrap().is_none());
    let hidden = format!("inner.d{START}-3");
    assert!(bob.trash().unwrap().resolve(&path(&hidden)).await.unwrap().is_none());
    let below = path(&format!("{hidden}/f"));
    assert!(bob.trash().unwrap().resolve(&below).await.unwrap().is_none());
    let carol = a_team(&world, &told, "carol", only(secret.node.parent.unwrap(), 1)).await;
    assert_eq!(shown(&carol).await, all[1..]);
    let trash = carol.trash().unwrap();
    for item in items(&carol).await {
        assert_eq!(item.entry.letters(), "G");
        assert_eq!(kind(trash.restore(&item).await), ErrorKind::Forbidden);
        let taken = trash.restore_to(&item, path("mine").into(), Expect::Any).await;
        assert_eq!(kind(taken), ErrorKind::Forbidden);
        assert_eq!(kind(trash.remove(&item).await), ErrorKind::Forbidden);
    }
    assert_eq!(trash.empty().await.unwrap(), 0);
    // Dave may remove folders but not what is in this one: the folder stays as a whole.
    let dave = a_team(&world, &told, "dave", None).await;
    let inside = dave.trash().unwrap().resolve(&below).await.unwrap().unwrap();
    told.change("dave", 1003, |mount| mount.rules = only(inside.id(), 7).map(Arc::new));
    let dave = world.files.view(&user("dave")).await.unwrap();
    let inner_item = items(&dave).await.remove(1);
    assert_eq!(kind(dave.trash().unwrap().remove(&inner_item).await), ErrorKind::Forbidden);
    assert_eq!(dave.trash().unwrap().empty().await.unwrap(), 1);
    assert_eq!(shown(&dave).await, all[2..]);
    // Nobody's own trash was touched, and what was restored is the team's again.
    assert_eq!(shown(&alice).await, [all[0].clone(), all[2].clone()]);
    let back = alice.trash().unwrap().restore(&items(&alice).await[1]).await.unwrap();
    assert_eq!((back.id(), back.path), (inner.id(), Some(path("Team/secret/inner"))));
    // Strangers see nothing of it.
    remove(&alice, "Team/secret").await;
    let eve = world.files.view(&user("eve")).await.unwrap();
    assert!(items(&eve).await.is_empty());
    assert!(eve.trash().unwrap().stat(inner.id()).await.unwrap().is_none());
    let now = world.files.now();
    remove_companions(&world.tree, secret.node.space, now).await.unwrap();
    remove_companions(&world.tree, secret.node.space, now).await.unwrap();
    assert_eq!(shown(&alice).await, all[..1]);
}
