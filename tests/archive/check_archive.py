#!/usr/bin/env python3
"""Verifies an archive of Cachet by docs/formats/archive.md alone, with Python's standard library and openssl.

usage: check_archive.py DIR [OFFICE.pem]      OFFICE.pem: the office's public key, from elsewhere than the archive
Prints what it verified and ends with 0, or the first thing that is wrong and ends with 1.
"""
import base64, hashlib, json, os, re, subprocess, sys, tempfile

def need(truth, what):
    if not truth:
        raise SystemExit("BAD " + what)

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def decode(data, at=0):
    """One CBOR item (RFC 8949) and where it ends: the kinds that Cachet writes."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[info], at
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    n = int.from_bytes(data[at:at + size], "big") if size else info
    at += size
    if major == 0: return n, at
    if major == 1: return -1 - n, at
    if major in (2, 3):
        need(at + n <= len(data), "CBOR is cut off")
        return (data[at:at + n] if major == 2 else data[at:at + n].decode()), at + n
    items = []
    for _ in range({4: n, 5: 2 * n, 6: 1}[major]):
        item, at = decode(data, at)
        items.append(item)
    return {4: items, 5: dict(zip(items[::2], items[1::2])) if major == 5 else None, 6: items[:1]}[major], at

def sequence(data):
    """The items of a CBOR sequence (RFC 8742), each with its bytes."""
    at = 0
    while at < len(data):
        item, end = decode(data, at)
        yield item, data[at:end]
        at = end

def string(major, data):
    n = len(data)
    head = bytes([major << 5 | n]) if n < 24 else bytes([major << 5 | 24, n]) if n < 256 else bytes([major << 5 | 25]) + n.to_bytes(2, "big")
    return head + data

def signed(pem, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("message", "signature")]
        for name, data in zip(names, (message, signature)):
            open(name, "wb").write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", pem, "-rawin", "-in", names[0], "-sigfile", names[1]]
        return subprocess.run(command, capture_output=True).returncode == 0

def key_of(pem):
    return base64.b64decode("".join(open(pem).read().split("\n")[1:-2]))[-32:]

def check(folder, office):
    at = lambda name: os.path.join(folder, *name.split("/"))
    read = lambda name: open(at(name), "rb").read()
    # Manifest: every file, and no other; signed by the office.
    manifest = read("manifest.sha256")
    lines = [re.fullmatch(r"([0-9a-f]{64})  ([!-~]+)", line) for line in manifest.decode("ascii").split("\n")[:-1]]
    need(all(lines) and manifest.endswith(b"\n"), "manifest.sha256")
    sums = {line[2]: line[1] for line in lines}
    found = {os.path.relpath(os.path.join(where, name), folder).replace(os.sep, "/") for where, _, names in os.walk(folder) for name in names}
    need(found - {"manifest.sha256", "manifest.sig"} == set(sums) and list(sums) == sorted(sums), "files are missing, or not in the manifest")
    for name, digest in sums.items():
        need(sha(read(name)).hex() == digest, name + ": SHA-256")
    about = json.loads(read("archive.json"))
    need((about["format"], about["version"]) == ("cachet/archive", 1), "archive.json: format")
    need((about["office_key"] is None) == ("manifest.sig" not in found), "manifest.sig")
    need(office is None or about["office_key"] == key_of(office).hex(), "another office, or none, made it")
    if about["office_key"]:
        need(key_of(at("keys/office.pem")).hex() == about["office_key"], "keys/office.pem")
        need(signed(at("keys/office.pem"), manifest, read("manifest.sig")), "manifest.sig: signature")
    whole = about["from"] is None and about["to"] is None
    # Batches: seal, chain, totals.
    hashes, files = {}, {}
    terminals = {terminal["number"]: terminal for terminal in about["terminals"]}
    for number, terminal in terminals.items():
        key = key_of(at("keys/%s.pem" % terminal["name"]))
        need(key.hex() == terminal["public_key"], "keys/%s.pem" % terminal["name"])
        hashes[number, 0] = sha(b"cachet/journal/1", number.to_bytes(2, "big"), key)
    for batch in about["batches"]:
        name, number = batch["file"], batch["terminal"]
        (header, _), *entries, (trailer, _) = sequence(read(name))
        protected, _, payload, signature = trailer[0]
        headers, seal = decode(protected)[0], decode(payload)[0]
        called = terminals[number]["name"]
        need(headers == {1: -8, 3: "application/vnd.cachet.batch", 4: called.encode(), -65537: 1}, name + ": trailer")
        message = b"\x84" + string(3, b"Signature1") + string(2, protected) + string(2, b"") + string(2, payload)
        need(signed(at("keys/%s.pem" % called), message, signature), name + ": signature")
        need(header == {1: "cachet/batch", 2: 1, 3: seal[1], 4: seal[2], 5: seal[3]}, name + ": header")
        need([seal[1], seal[2], seal[3], seal[4]] == [number, batch["first"], batch["last"], len(entries)], name + ": range")
        previous, totals = seal[6], {}
        for count, (entry, raw) in enumerate(entries, seal[2]):
            need(entry[0] == count and entry[4] == previous == hashes.get((number, count - 1), previous), "%s: entry %d" % (name, count))
            previous = sha(b"cachet/entry/1", raw)
            need(hashes.setdefault((number, count), previous) == previous, "%s: entry %d, twice" % (name, count))
            for field, value in (entry[5][3].items() if entry[1] == 2 else ()):
                totals[field] = totals.get(field, 0) + value
        need(previous == seal[7], name + ": head")
        need(all(totals.get(field, 0) == seal[5].get(field, 0) for field in {*totals, *seal[5]}), name + ": totals")
        files[bytes.fromhex(sums[name])] = batch
    for number, terminal in terminals.items():
        need(all((number, n) in hashes for n in range(terminal["after"] + 1, terminal["to"] + 1)), terminal["name"] + ": entries are in no batch")
    # Audit chain, and what it says of keys, batches and closings.
    chain, told, imported = bytes(32), set(), {}
    count = 0
    for count, (row, raw) in enumerate(sequence(read("audit.cbor")), 1):
        chain = sha(b"cachet/audit/1", chain, raw)
        need(row[0] == count, "audit.cbor: row %d" % count)
        content = decode(row[4])[0]
        if row[2] == "batch":
            need(content[1] == imported.get(row[1], 0) + 1, "audit.cbor: row %d" % count)
            imported[row[1]] = content[2]
            batch = files.pop(content[0], None)
            need(batch or not whole, "audit.cbor: a batch is not here")
            if batch:
                need((batch["terminal"], batch["last"]) == (row[1], content[2]) and batch["first"] <= content[1], batch["file"] + ": range")
                need(hashes[row[1], content[2]] == content[3], batch["file"] + ": head")
        elif row[2] == "terminal": told.add((row[1], content[0], content[1].hex()))
        elif row[2] == "closing": told.add((content[0], content[1], content[2].hex()))
    need((chain.hex(), count) == (about["audit"]["head"], about["audit"]["rows"]), "audit.cbor: head")
    need(not files, "a batch is not in the audit chain")
    here = {(t["number"], t["merchant"], t["public_key"]) for t in about["terminals"]} | {(c["kind"], c["day"], c["hash"]) for c in about["closings"]}
    need(here == told if whole else here <= told, "terminals or closings are not those of the audit chain")
    # Closings: hash, what they follow, what they come to.
    last, ends, done = {}, {}, []
    def add(sums, more):
        for name, amounts in more.items():
            sum = sums.setdefault(name, {"in": 0, "out": 0})
            for way in sum: sum[way] += amounts[way]
        return sums
    for closing in about["closings"]:
        name, kind, raw = closing["file"], closing["kind"], read(closing["file"])
        need(sha(b"cachet/closing/1", raw).hex() == closing["hash"], name + ": hash")
        before = last.get(kind)
        need(closing["before"] == before["hash"] if before else closing["before"] == "0" * 64 or about["from"], name + ": before")
        (head, _), *rows = sequence(raw)
        need(head[:3] == [kind, closing["day"], bytes.fromhex(closing["before"])], name + ": head")
        if kind == "day":
            stretches = {end["terminal"]: end for end in closing["ends"]}
            for end in closing["ends"]:
                need(end["after"] == ends.get(end["terminal"], end["after"] if about["from"] else 0), name + ": ends")
                ends[end["terminal"]] = end["to"]
            totals, sums_of, places = {}, {}, [row[:3] for row, _ in rows]
            need(places == sorted(places) and len(rows) == closing["postings"], name + ": postings")
            for (terminal, number, line, day, account, holder, party, programme, unit, amount), _ in rows:
                need(stretches[terminal]["after"] < number <= stretches[terminal]["to"], name + ": a posting of another closing")
                need(terminal == 0 or (terminal, number) in hashes, name + ": a posting without an entry")
                add(totals, {"%s %s" % (account, unit): {"in": max(amount, 0), "out": max(-amount, 0)}})
                sums_of[terminal, number, unit] = sums_of.get((terminal, number, unit), 0) + amount
            need(not any(sums_of.values()), name + ": double entry")
            perpetual = add(add({}, before["perpetual"] if before else {}), totals)
        else:
            parts = [c for c in done if c["kind"] == {"month": "day", "year": "month"}[kind] and (before["day"] if before else -1) < c["day"] <= closing["day"]]
            named = [h.hex() for h in head[3]]
            need([c["hash"] for c in parts] == (named if before or not about["from"] else named[len(named) - len(parts):]), name + ": closings in it")
            totals, perpetual = {}, parts[-1]["perpetual"]
            for part in parts: add(totals, part["totals"])
            if len(parts) < len(head[3]): totals = closing["totals"]
        need(totals == closing["totals"], name + ": totals")
        need(perpetual == closing["perpetual"] or not before and about["from"], name + ": perpetual totals")
        last[kind] = closing
        done.append(closing)
    print("GOOD %d entries, %d batches, %d audit rows, %d closings, %s" % (
        len(hashes) - len(terminals), len(about["batches"]), count, len(done), "signed" if about["office_key"] else "not signed"))

if __name__ == "__main__":
    try:
        check(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    except (KeyError, IndexError, TypeError, ValueError, OSError) as error:
        raise SystemExit("BAD %s: %s" % (type(error).__name__, error))
