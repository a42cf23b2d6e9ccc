// What the api serves, read by others: ethers verifies the attestation and
// decodes the transactions, OpenZeppelin's library the proofs, promtool the
// metrics.  The service is build/tools/api_world.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { concat, Interface, keccak256, TypedDataEncoder, verifyTypedData } from "ethers";

let passed = 0, failed = 0;
function check(name, ok, detail) {
	if (ok) passed++;
	else {
		failed++;
		console.log(`FAIL ${name}: ${JSON.stringify(detail)}`);
	}
}
const LEAF = ["bytes32", "uint64", "uint64", "uint64", "uint8", "uint8", "uint128", "uint128", "uint128", "uint128", "int128",
	"int128", "bytes32", "uint128", "bytes32", "uint128"];
const NAMES = ["vault", "nonce", "asOf", "blockNumber", "state", "method", "collateralValue", "debtValue", "healthLow", "healthHigh",
	"initialExcess", "maintenanceExcess", "liquidationAsset", "liquidationPrice", "debtAsset", "maxRepay"];
const RECIPIENT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

function abi() {
	const name = readdirSync("contracts-abi/abi").find((f) => f.startsWith("MarginClearing"));
	const file = JSON.parse(readFileSync("contracts-abi/abi/" + name, "utf8"));
	return new Interface(Array.isArray(file) ? file : file.abi);
}

async function attestation(get) {
	const a = await get("/v1/attestations/latest"), s = a.signatures[0];
	check("ethers computes the digest", TypedDataEncoder.hash(a.domain, a.types, a.message) === a.digest, a);
	check("ethers recovers the signer", verifyTypedData(a.domain, a.types, a.message, s.signature) === s.signer, s);
	const call = abi().parseTransaction({ data: a.tx.data });
	check("tx is submit of it", call.name === "submit" && String(call.args[0].sequence) === String(a.message.sequence) &&
		call.args[1] === 4n && call.args[2].length === 2 + 128, call);
	const again = await get("/v1/attestations/" + a.message.sequence);
	check("the same by its sequence", again.digest === a.digest, again.digest);
}

async function proofs(get) {
	const { vaults } = await get("/v1/vaults?state=RESTRICTED&limit=50");
	let verdicts = 0;
	for (const v of vaults) {
		/* The world rewrites its verdicts five times an attestation: for one moment in five they are what is signed. */
		let p;
		for (let i = 0; i < 50 && !(p && p.verdict); i++) {
			p = await get(`/v1/vaults/${v.vault}/proof?recipient=${RECIPIENT}`);
			await new Promise((resolve) => setTimeout(resolve, 15));
		}
		const m = p.attestation.message;
		check("position proof", p.position !== null &&
			root(p.position.leaf, p.position.proof) === m.positionsRoot, p.reasons);
		if (!p.verdict) continue;
		verdicts++;
		const fields = NAMES.map((n) => p.verdict.fields[n]);
		check("verdict proof", StandardMerkleTree.verify(m.verdictsRoot, LEAF, fields, p.verdict.proof), p.verdict);
		check("no transaction against a healthy vault", p.tx === null && p.reasons.tx !== null, p.reasons);
	}
	check("some verdicts were proved", verdicts > 0, vaults.length);
}

/* Sorted pairs, as OpenZeppelin's MerkleProof hashes them. */
const root = (leaf, proof) => proof.reduce((h, p) => keccak256(BigInt(h) < BigInt(p) ? concat([h, p]) : concat([p, h])), leaf);

// `margind feeds` against it: the same answer, and a table.
async function feeds(origin, get) {
	const address = origin.replace(/\/$/, "");
	const run = (...args) => spawnSync(process.env.MARGIND ?? "build/margind", ["feeds", ...args], { encoding: "utf8", timeout: 10_000 });
	const mine = await get("/v1/feeds"), json = run("--url", address, "--json"), table = run("--url", address);
	const its = json.status === 0 ? JSON.parse(json.stdout) : null;
	const names = (d) => JSON.stringify([d.venues.map((v) => v.venue), d.markets.map((m) => [m.venue, m.market, m.weight])]);
	check("feeds --json is /v1/feeds", its && names(its) === names(mine) && mine.markets.length > 3, json.stderr);
	check("feeds prints a line a market and a venue", table.status === 0 && table.stderr === "" &&
		table.stdout.trim().split("\n").length === mine.markets.length + mine.venues.length + 3 &&
		/kraken +1\/2 .* range 1 +closed by the peer/.test(table.stdout), table.stdout + table.stderr);
	const gone = run("--url", "http://127.0.0.1:9"), usage = run();
	check("feeds: nobody there", gone.status === 1 && gone.stderr.split("\n").length === 2, gone.stderr);
	check("feeds: wrong usage", usage.status === 2, usage.stderr);
}

async function metrics(origin) {
	const text = await (await fetch(origin + "metrics")).text();
	check("metrics have prices and bands", /margind_price_usd\{asset="WETH"\} \d/.test(text) && /band="1\.00-1\.05"/.test(text), text.slice(0, 200));
	if (spawnSync("promtool", ["--version"]).status !== 0) {
		console.log("skipped: no promtool");
		return;
	}
	const r = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
	check("promtool finds nothing to say", r.status === 0 && r.stdout + r.stderr === "", r.stdout + r.stderr);
}

const child = spawn("build/tools/api_world", ["0", "60"], { stdio: ["pipe", "pipe", "inherit"] });
try {
	const origin = await new Promise((resolve, reject) => {
		child.stdout.once("data", (d) => resolve(String(d).trim()));
		child.once("exit", () => reject(new Error("api_world ended")));
	});
	const get = async (path) => (await fetch(origin.replace(/\/$/, "") + path)).json();
	await new Promise((resolve) => setTimeout(resolve, 800));
	await attestation(get);
	await proofs(get);
	await metrics(origin);
	await feeds(origin, get);
} catch (e) {
	check("ran to its end", false, e.stack);
} finally {
	child.stdin.end();
	child.kill();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
