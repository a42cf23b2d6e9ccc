// The Merkle tree against OpenZeppelin's JavaScript library and ethers.
//
// Leaves are made here from values, as StandardMerkleTree makes them; our tree
// gets them in random batches; its roots must be those of OpenZeppelin's trees
// over the same slots, and its proofs must verify there.  (OpenZeppelin lays
// leaves out from the end backwards: over a power of two that is the mirror
// image of our heap, which sorted pairs cannot tell apart.)
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { SimpleMerkleTree, StandardMerkleTree } from
	"@openzeppelin/merkle-tree";
import { AbiCoder, keccak256 } from "ethers";

const { processProof } = createRequire(import.meta.url)(
	"../node_modules/@openzeppelin/merkle-tree/dist/core.js");
const ENCODING = ["bytes32", "uint64", "uint128", "int128"];
const ZERO = "0x" + "00".repeat(32);
const tool = "build/tools/merkle_dump";
let done = 0, failed = 0;

function check(ok, what) {
	if (ok) {
		done++;
	} else {
		failed++;
		console.log("FAILED", what);
	}
}

let seed = 12345n;
function random(below) {
	seed = (seed * 6364136223846793005n + 1442695040888963407n) &
		((1n << 64n) - 1n);
	return Number((seed >> 33n) % BigInt(below));
}

function makeValue(n) {
	return [keccak256("0x" + n.toString(16).padStart(8, "0")), random(1e9),
		BigInt(random(1e9)) ** 3n, -BigInt(random(1e9))];
}

function leafOf(value) {
	return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(ENCODING,
		value)));
}

function runTool(lines) {
	return execFileSync(tool, { input: lines.join("\n") + "\n",
		maxBuffer: 1 << 28 }).toString().trim().split("\n");
}

// A whole power of two of used slots: the same root as StandardMerkleTree's.
for (const width of [1, 2, 4, 8, 32]) {
	const values = Array.from({ length: width }, (_, i) => makeValue(i));
	const tree = StandardMerkleTree.of(values, ENCODING,
		{ sortLeaves: false });
	const [answer, ...proofs] = runTool([
		...values.map((v, i) => `${i} ${leafOf(v)}`), "set",
		...values.map((_, i) => `prove ${i}`)]);
	check(answer === `${tree.root} ${width}`, `root of ${width} leaves`);
	values.forEach((v, i) => {
		const proof = proofs[i].split(" ").slice(1);
		check(StandardMerkleTree.verify(tree.root, ENCODING, v, proof),
			`standard proof ${i} of ${width}`);
		check(proof.join() === tree.getProof(i).join(),
			`same proof ${i} of ${width}`);
	});
}

// Holes, removals, repeats and growth.
for (let run = 0; run < 12; run++) {
	const values = new Map();
	const lines = [], expected = [];
	let used = 0;
	for (let step = 0; step < 6; step++) {
		const count = 1 + random(step === 4 ? 150 : 6);
		const span = 1 << (1 + random(8));
		for (let i = 0; i < count; i++) {
			const slot = random(span);
			used = Math.max(used, slot + 1);
			if (random(6) === 0) {
				values.delete(slot);
				lines.push(`${slot} ${ZERO}`);
			} else {
				const value = makeValue(random(1e6));
				values.set(slot, value);
				lines.push(`${slot} ${leafOf(value)}`);
			}
		}
		lines.push("set");
		const capacity = 2 ** Math.ceil(Math.log2(used));
		const leaves = Array.from({ length: capacity }, (_, i) =>
			values.has(i) ? leafOf(values.get(i)) : ZERO);
		const root = SimpleMerkleTree.of(leaves,
			{ sortLeaves: false }).root;
		expected.push((line) => check(line === `${root} ${capacity}`,
			`root of run ${run} step ${step}: ${line}`));
		for (const slot of [0, used - 1, random(used), used]) {
			const value = values.get(slot);
			lines.push(`prove ${slot}`);
			expected.push((line) => {
				if (value === undefined) {
					check(line === "none",
						`empty slot ${slot} proved`);
					return;
				}
				const [len, ...proof] = line.split(" ");
				check(Number(len) === proof.length &&
					2 ** proof.length === capacity &&
					StandardMerkleTree.verify(root, ENCODING,
						value, proof) &&
					processProof(leafOf(value), proof) === root,
				`proof of slot ${slot}`);
				const other = [...value];
				other[1] += 1;
				check(!StandardMerkleTree.verify(root, ENCODING,
					other, proof), `other value at ${slot}`);
			});
		}
	}
	const answers = runTool(lines);
	check(answers.length === expected.length, "an answer to each command");
	expected.forEach((f, i) => f(answers[i]));
}

console.log(`${done} comparisons agree, ${failed} do not`);
console.log(failed === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
process.exit(failed === 0 && done > 500 ? 0 : 1);
