// Key files between us, ethers and cast: each reads what the others wrote.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from
	"node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, encryptKeystoreJsonSync } from "ethers";

const margind = process.env.MARGIND ?? "build/margind";
const cast = "node_modules/.bin/cast";
const dir = mkdtempSync(join(tmpdir(), "margind-keys-"));
const password = "correct horse battery staple";
let done = 0, failed = 0;

function check(ok, what) {
	if (ok) {
		done++;
	} else {
		failed++;
		console.log("FAILED", what);
	}
}

function priv(name, text) {
	const path = join(dir, name);
	writeFileSync(path, text, { mode: 0o600 });
	chmodSync(path, 0o600);
	return path;
}

// Standard output, or the exit code.
function run(program, ...args) {
	try {
		return execFileSync(program, args, { encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"] }).trim();
	} catch (e) {
		return e.status;
	}
}

const passwordFile = priv("password", password + "\n");
const keys = (...args) => run(margind, "keys", ...args, "--password-file",
	passwordFile);

async function oursReadByOthers(name, ...options) {
	const file = join(dir, name);
	const address = keys("new", "--out", file, ...options);
	const hex = join(dir, name + ".hex");
	const wallet = await Wallet.fromEncryptedJson(readFileSync(file, "utf8"),
		password);

	check(wallet.address === address, `${name}: ethers reads ours`);
	check(keys("export", file, "--hex-file", hex) === address,
		`${name}: exported`);
	check(readFileSync(hex, "utf8").trim() === wallet.privateKey,
		`${name}: the exported key is that of ethers`);
	check(run(cast, "wallet", "address", "--keystore", file, "--password",
		password) === address, `${name}: cast reads its address`);
	check(String(run(cast, "wallet", "decrypt-keystore", name, "-k", dir,
		"--unsafe-password", password)).includes(wallet.privateKey),
	`${name}: cast decrypts ours`);
	let threw = false;
	try {
		await Wallet.fromEncryptedJson(readFileSync(file, "utf8"),
			"wrong");
	} catch {
		threw = true;
	}
	check(threw, `${name}: not with a wrong password`);
}

await oursReadByOthers("standard.json");
await oursReadByOthers("light.json", "--light");

for (let i = 0; i < 4; i++) {
	const wallet = Wallet.createRandom();
	const text = i === 0 ? await wallet.encrypt(password) :
		encryptKeystoreJsonSync({ address: wallet.address,
			privateKey: wallet.privateKey }, password,
		{ scrypt: { N: 1 << (2 * i), r: 8, p: i } });
	const file = priv(`ethers${i}.json`, text);

	check(keys("address", file) === wallet.address, `ethers ${i}`);
	check(run(margind, "keys", "address", file) === wallet.address,
		`ethers ${i}: without the password`);
	check(run(margind, "keys", "address", file, "--password-file",
		priv("wrong", "wrong")) === 5, `ethers ${i}: a wrong password`);
}

for (let i = 0; i < 2; i++) {
	const wallet = Wallet.createRandom(), name = `cast${i}`;

	run(cast, "wallet", "import", name, "-k", dir, "--unsafe-password",
		password, "--private-key", wallet.privateKey);
	chmodSync(join(dir, name), 0o600);
	check(keys("address", join(dir, name)) === wallet.address,
		`cast ${i}`);
}

// What was made from a hexadecimal file is the same key.
const known = Wallet.createRandom();
const hex = priv("known.hex", known.privateKey.slice(2));
check(keys("import", "--hex-file", hex, "--out", join(dir, "known.json"),
	"--light") === known.address, "import");

rmSync(dir, { recursive: true });
console.log(`${done} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
