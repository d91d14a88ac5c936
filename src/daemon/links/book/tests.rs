//! Whom a book lets in.

use super::*;

const HERE: &str = "127.0.0.1:1";
const THERE: &str = "127.0.0.1:2";

fn book(name: &str) -> Book {
    let (name, here) = (name.parse().unwrap(), HERE.parse().unwrap());
    Book::new(name, here, Trust::default())
}

fn at(address: &str) -> PeerAddress {
    address.parse().unwrap()
}

fn caller(name: &str, listens: &str, dialled: Option<&str>) -> Caller {
    Caller {
        name: name.parse().unwrap(),
        key: None,
        told: listens.parse().unwrap(),
        remote: [127, 0, 0, 1].into(),
        dialled: dialled.map(at),
    }
}

fn admit(
    book: &mut Book,
    caller: &Caller,
) -> (Result<u64, Refusal>, async_channel::Receiver<String>) {
    let (close, closing) = async_channel::bounded(1);
    (book.admit(caller, close), closing)
}

fn add(book: &mut Book, address: &str) -> async_channel::Receiver<()> {
    let (wake, woken) = async_channel::bounded(1);
    assert_eq!(book.add(&at(address), wake), Ok(true));
    woken
}

/// Two nodes dial each other at once; whatever is looked at first, one link stays at both ends.
#[test]
fn of_two_links_the_one_dialled_by_the_smaller_name_stays() {
    for theirs_first in [false, true] {
        let mut small = book("a");
        add(&mut small, THERE);
        let ours = caller("b", THERE, Some(THERE));
        let theirs = caller("b", THERE, None);
        let (kept, closing) = match theirs_first {
            false => {
                assert!(small.greet(&at(THERE)));
                let double = Refusal::Double {
                    name: "b".parse().unwrap(),
                };
                assert_eq!(admit(&mut small, &theirs).0, Err(double));
                admit(&mut small, &ours)
            }
            true => {
                let (kept, closing) = admit(&mut small, &theirs);
                assert!(!small.greet(&at(THERE)), "the other link will do");
                (kept, closing)
            }
        };
        small.up(&"b".parse().unwrap(), kept.unwrap());
        assert!(closing.is_empty());
        assert!(small.missing().is_empty());
    }
    let mut large = book("b");
    add(&mut large, THERE);
    assert!(large.greet(&at(THERE)));
    let (_, closing) = admit(&mut large, &caller("a", THERE, Some(THERE)));
    let (kept, _) = admit(&mut large, &caller("a", THERE, None));
    assert!(kept.is_ok());
    assert!(closing.try_recv().unwrap().contains("smaller name"));
}

#[test]
fn a_peer_known_by_a_host_name_is_recognised_by_its_name() {
    let mut book = book("b");
    add(&mut book, "localhost:2");
    let theirs = caller("a", THERE, None);
    let (kept, _closing) = admit(&mut book, &theirs);
    book.up(&theirs.name, kept.unwrap());
    assert_eq!(
        book.missing(),
        [at("localhost:2")],
        "nothing says that it is the same"
    );
    let ours = caller("a", THERE, Some("localhost:2"));
    assert!(admit(&mut book, &ours).0.is_err());
    assert!(book.missing().is_empty());
    assert_eq!(book.list().len(), 1);
}

#[test]
fn a_dropped_peer_is_refused_under_its_name_and_address_until_it_is_added_again() {
    let mut book = book("a");
    let woken = add(&mut book, THERE);
    let theirs = caller("b", THERE, None);
    let (kept, closing) = admit(&mut book, &theirs);
    book.drop_peer(&at(THERE)).unwrap();
    assert!(closing.try_recv().is_ok());
    book.gone(&theirs.name, kept.unwrap());
    assert!(woken.try_recv().is_err(), "nobody dials it any more");
    let dropped = Refusal::Dropped {
        name: theirs.name.clone(),
    };
    for again in [theirs.clone(), caller("b", "127.0.0.1:3", None)] {
        assert_eq!(admit(&mut book, &again).0, Err(dropped.clone()));
    }
    let _woken = add(&mut book, THERE);
    assert!(admit(&mut book, &theirs).0.is_ok());
    let unknown = PeerError::Unknown {
        address: at("127.0.0.1:9"),
    };
    assert_eq!(book.drop_peer(&at("127.0.0.1:9")), Err(unknown));
}

#[test]
fn there_is_an_end_to_peers() {
    let mut book = book("a");
    let mut kept = Vec::new();
    for number in 0..MAX_PEERS {
        let name = format!("b{number}");
        let (id, closing) = admit(&mut book, &caller(&name, "127.0.0.1:5", None));
        kept.push((name, id.unwrap(), closing));
    }
    let one_more = caller("c", "127.0.0.1:6", None);
    assert_eq!(admit(&mut book, &one_more).0, Err(Refusal::TooMany));
    book.gone(&kept[0].0.parse().unwrap(), kept[0].1);
    assert!(admit(&mut book, &one_more).0.is_ok());
    for port in 1..=MAX_KNOWN_PEERS {
        add(&mut book, &format!("10.0.0.1:{port}"));
    }
    let (wake, _woken) = async_channel::bounded(1);
    let full = PeerError::Full {
        max: MAX_KNOWN_PEERS,
    };
    assert_eq!(book.add(&at("10.0.0.2:1"), wake.clone()), Err(full));
    let own = PeerError::Own { address: at(HERE) };
    assert_eq!(book.add(&at(HERE), wake), Err(own));
}
