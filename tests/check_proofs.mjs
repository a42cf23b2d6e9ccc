// Proofs of `margind attest` verified by OpenZeppelin's Solidity library, on a
// real EVM: a contract that hashes the leaf's fields itself, in Solidity, and
// asks MerkleProof.verify.  Forged fields and other leaves' proofs must fail.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRequire } from 'node:module'
import { ethers } from 'ethers'
import { mined, startAnvil } from '../contracts-abi/testbed.mjs'

const solc = createRequire(import.meta.url)('solc')
const margind = join(process.env.MARGIND_BUILD ?? 'build', 'margind')
let passed = 0, failed = 0

function check(ok, what) {
	if (ok) passed++
	else { failed++; console.log('FAILED', what) }
}

const SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
contract ProofReader {
    struct Verdict { bytes32 vault; uint64 nonce; uint64 asOf; uint64 blockNumber; uint8 state; uint8 method;
        uint128 collateralValue; uint128 debtValue; uint128 healthLow; uint128 healthHigh; int128 initialExcess;
        int128 maintenanceExcess; bytes32 liquidationAsset; uint128 liquidationPrice; bytes32 debtAsset; uint128 maxRepay; }
    struct Position { bytes32 vault; uint64 nonce; uint64 blockNumber; bytes32 legsHash; }
    function verdict(bytes32 root, bytes32[] calldata proof, Verdict calldata v) external pure returns (bool) {
        return MerkleProof.verifyCalldata(proof, root, keccak256(bytes.concat(keccak256(abi.encode(v)))));
    }
    function position(bytes32 root, bytes32[] calldata proof, Position calldata p) external pure returns (bool) {
        return MerkleProof.verifyCalldata(proof, root, keccak256(bytes.concat(keccak256(abi.encode(p)))));
    }
}`

function compile() {
	const input = { language: 'Solidity', sources: { 'ProofReader.sol': { content: SOURCE } },
		settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } } }
	const find = (path) => ({ contents: readFileSync(resolve('node_modules', path), 'utf8') })
	const out = JSON.parse(solc.compile(JSON.stringify(input), { import: find }))
	const bad = (out.errors ?? []).filter((e) => e.severity === 'error')
	if (bad.length) throw new Error(bad[0].formattedMessage)
	return out.contracts['ProofReader.sol'].ProofReader
}

// A book of many vaults, about half of them with a verdict.
function attest() {
	const dir = mkdtempSync(join(tmpdir(), 'margind-proofs-'))
	const asset = (id, token, decimals) => ({ id, token, decimals, ltv: '0.8', liquidation_threshold: '0.85' })
	const vaults = Array.from({ length: 300 }, (_, i) => ({ id: `v${i}`, nonce: i,
		collateral: [{ asset: 'ETH', amount: String(1 + i % 7) }],
		debt: [{ asset: 'USDC', amount: String(Math.floor((1 + i % 7) * (1300 + (i * 37) % 900))) }] }))
	writeFileSync(join(dir, 'book.json'), JSON.stringify({ book: 'proofs', chain_id: 31337, block: 9, vaults,
		assets: [asset('ETH', '0x' + '11'.repeat(20), 18), asset('USDC', '0x' + '22'.repeat(20), 6)] }))
	writeFileSync(join(dir, 'market.json'), JSON.stringify({ as_of: '2026-11-20T00:00:00Z', prices: {
		ETH: { mid: '2000', low: '1998', high: '2002' }, USDC: { mid: '1', low: '0.999', high: '1.001' } } }))
	const text = execFileSync(margind, ['attest', '--book', join(dir, 'book.json'), '--market',
		join(dir, 'market.json'), '--json'], { maxBuffer: 1 << 28 }).toString()
	rmSync(dir, { recursive: true })
	return JSON.parse(text)
}

const anvil = await startAnvil()
try {
	const { abi, evm } = compile()
	const factory = new ethers.ContractFactory(abi, evm.bytecode.object, anvil.wallet(0))
	const reader = await factory.deploy()
	await mined(reader.deploymentTransaction())
	const a = attest()
	const { positionsRoot, verdictsRoot } = a.message
	let verdicts = 0
	for (const [i, v] of a.vaults.entries()) {
		const other = a.vaults[(i + 1) % a.vaults.length]
		check(await reader.position(positionsRoot, v.position.proof, v.position.leaf), `${v.vault}: position`)
		if (i % 10 === 0) {
			check(!await reader.position(positionsRoot, v.position.proof, other.position.leaf), `${v.vault}: another leaf`)
			check(!await reader.position(positionsRoot, v.position.proof,
				{ ...v.position.leaf, nonce: BigInt(v.position.leaf.nonce) + 1n }), `${v.vault}: forged nonce`)
		}
		if (!v.verdict) continue
		verdicts++
		check(await reader.verdict(verdictsRoot, v.verdict.proof, v.verdict.leaf), `${v.vault}: verdict`)
		check(!await reader.verdict(verdictsRoot, v.verdict.proof,
			{ ...v.verdict.leaf, maxRepay: BigInt(v.verdict.leaf.maxRepay) + 1n }), `${v.vault}: forged repay`)
	}
	check(verdicts > 50 && verdicts < 300, `${verdicts} verdicts among ${a.vaults.length} vaults`)
} finally {
	anvil.close()
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
