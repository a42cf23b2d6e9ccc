// What `margind attest` prints, as a wallet and OpenZeppelin's library read it:
// ethers verifies the typed data as it stands, with a key that ethers made;
// every leaf proves into its root; words, rules and legs give the hashes.
// Ends with `N passed, N failed`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';
import {
  AbiCoder, TypedDataEncoder, Wallet, concat, encryptKeystoreJson, getBytes, id,
  keccak256, toBigInt, verifyTypedData,
} from 'ethers';

const margind = `${process.env.O ?? 'build'}/margind`;
let passed = 0;
let failed = 0;
function equal(what, ours, theirs) {
  if (ours === theirs) passed++;
  else if (++failed <= 20) {
    console.log(`FAILED ${what}\n  ours   ${ours}\n  theirs ${theirs}`);
  }
}

const abi = AbiCoder.defaultAbiCoder();
const verdictTypes = ['bytes32', 'uint64', 'uint64', 'uint64', 'uint8', 'uint8',
  'uint128', 'uint128', 'uint128', 'uint128', 'int128', 'int128', 'bytes32',
  'uint128', 'bytes32', 'uint128'];
const positionTypes = ['bytes32', 'uint64', 'uint64', 'bytes32'];

function checkProofs(name, a) {
  const { message } = a;
  const legs = 'tuple(bytes32,uint256)[]';
  const list = (side) => side.map((l) => [l.asset, l.amount]);
  let verdicts = 0;
  for (const v of a.vaults) {
    const { position, verdict } = v;
    const where = `${name} ${v.vault}`;
    equal(`${where} id`, position.leaf.vault, id(v.vault));
    equal(`${where} legsHash`, position.leaf.legsHash, keccak256(abi.encode(
      [legs, legs, 'tuple(bytes32,int256,uint256,int256)[]'],
      [list(v.collateral), list(v.debt), []])));
    equal(`${where} position`, StandardMerkleTree.verify(
      message.positionsRoot, positionTypes, Object.values(position.leaf),
      position.proof), true);
    equal(`${where} has a verdict`, verdict !== null,
      v.state !== 'HEALTHY' && v.state !== 'STALE');
    if (!verdict) continue;
    verdicts++;
    equal(`${where} verdict`, StandardMerkleTree.verify(
      message.verdictsRoot, verdictTypes, Object.values(verdict.leaf),
      verdict.proof), true);
    equal(`${where} asOf`, verdict.leaf.asOf, message.asOf);
    const forged = { ...verdict.leaf, maxRepay: '1' };
    equal(`${where} forged`, StandardMerkleTree.verify(message.verdictsRoot,
      verdictTypes, Object.values(forged), verdict.proof), false);
  }
  equal(`${name} verdictCount`, message.verdictCount, String(verdicts));
  equal(`${name} vaultCount`, message.vaultCount, String(a.vaults.length));
}

function checkHashes(name, a, bookFile, marketFile) {
  const { message } = a;
  const words = a.prices.map((p) => p.word);
  const chunks = [];
  for (let i = 0; i < words.length; i += 32) {
    chunks.push(keccak256(concat(words.slice(i, i + 32))));
  }
  equal(`${name} pricesHash`, message.pricesHash,
    keccak256(concat(words.length <= 64 ? words : chunks)));
  equal(`${name} rulesHash`, message.rulesHash, keccak256(a.rules));
  equal(`${name} inputsHash`, message.inputsHash, keccak256(concat(
    [bookFile, marketFile].map((f) => keccak256(readFileSync(f))))));
  equal(`${name} book`, message.book,
    id(JSON.parse(readFileSync(bookFile)).book));
  // A word's band, opened as the contract opens it.
  for (const p of a.prices) {
    const w = toBigInt(p.word);
    const price = w >> 128n;
    const low = (w >> 96n) & 0xffffffffn;
    const status = Number((w >> 24n) & 0xffn);
    equal(`${name} ${p.asset} status`, p.status,
      ['OK', 'DEGRADED', 'REFUSED'][status]);
    if (status === 2) equal(`${name} ${p.asset} mid`, price, 0n);
    else {
      const units = (t) => {
        const [whole, part = ''] = t.split('.');
        return BigInt(whole + part.padEnd(18, '0'));
      };
      equal(`${name} ${p.asset} mid`, units(p.mid), price);
      equal(`${name} ${p.asset} low`, units(p.low),
        price * (1000000000n - low) / 1000000000n);
    }
  }
}

function checkSigned(name, a, signer, chainId, contract) {
  equal(`${name} digest`, a.digest,
    TypedDataEncoder.hash(a.domain, a.types, a.message));
  equal(`${name} chainId`, a.domain.chainId, chainId);
  equal(`${name} contract`, a.domain.verifyingContract, contract);
  equal(`${name} signatures`, a.signatures.length, signer ? 1 : 0);
  if (!signer) return;
  equal(`${name} signer`, a.signatures[0].signer, signer);
  equal(`${name} verifyTypedData`, verifyTypedData(a.domain, a.types, a.message,
    a.signatures[0].signature), signer);
  equal(`${name} 65 bytes`, getBytes(a.signatures[0].signature).length, 65);
}

// Ninety assets (hashes of chunks), refused and degraded prices among them.
function bigBook(folder) {
  const assets = [];
  const prices = {};
  const vaults = [];
  for (let i = 0; i < 90; i++) {
    assets.push({ id: `A${i}`, factor: `F${i % 7}`, decimals: i % 19,
      ltv: '0.7', liquidation_threshold: '0.8' });
    prices[`A${i}`] = i % 17 === 5 ? { status: 'REFUSED' } :
      { mid: String(1 + i), low: `${i}.97`, high: `${1 + i}.5`,
        status: i % 13 === 4 ? 'DEGRADED' : 'OK' };
  }
  for (let i = 0; i < 33; i++) {
    const debt = i % 4 === 0 ? [] :
      [{ asset: `A${(i * 7 + 1) % 90}`, amount: String(1 + i % 5) }];
    vaults.push({ id: `vault ${i} \u00e9`, nonce: i,
      collateral: [{ asset: `A${(i * 5) % 90}`, amount: '3' },
        { asset: `A${(i * 5 + 40) % 90}`, amount: '1' }], debt });
  }
  const files = [join(folder, 'big.json'), join(folder, 'bigm.json')];
  writeFileSync(files[0], JSON.stringify({ book: 'big', chain_id: 1, block: 77,
    assets, vaults }));
  writeFileSync(files[1], JSON.stringify({ as_of: 1795132800123, prices }));
  return files;
}

const folder = mkdtempSync(join(tmpdir(), 'margind-attest-'));
try {
  const wallet = Wallet.createRandom();
  const password = 'a password';
  const keyFile = join(folder, 'key.json');
  const passwordFile = join(folder, 'pass');
  writeFileSync(keyFile, await encryptKeystoreJson(
    { address: wallet.address, privateKey: wallet.privateKey }, password,
    { scrypt: { N: 4096 } }), { mode: 0o600 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const key = ['--key', keyFile, '--password-file', passwordFile];
  const zero = `0x${'00'.repeat(20)}`;
  const contract = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
  const attest = (files, ...more) => JSON.parse(execFileSync(margind,
    ['attest', '--book', files[0], '--market', files[1], '--json', ...more],
    { maxBuffer: 1 << 28 }));
  const sets = [['example', ['examples/book.json', 'examples/market.json'],
    '31337'], ['big', bigBook(folder), '1']];
  for (const [name, files, chainId] of sets) {
    const plain = attest(files);
    checkSigned(name, plain, null, chainId, zero);
    checkProofs(name, plain);
    checkHashes(name, plain, ...files);
    equal(`${name} sequence`, plain.message.sequence,
      String(BigInt(plain.message.asOf) * 1024n));
    const signed = attest(files, ...key, '--sequence', '12345', '--chain-id',
      '10', '--contract', contract);
    checkSigned(`${name} signed`, signed, wallet.address, '10', contract);
    equal(`${name} --sequence`, signed.message.sequence, '12345');
    const same = { ...signed.message, sequence: plain.message.sequence };
    equal(`${name} same message`, JSON.stringify(same),
      JSON.stringify(plain.message));
  }
  const big = attest(sets[1][1]);
  equal('big status', big.message.status, '1');
  equal('big blockNumber', big.message.blockNumber, '77');
  equal('big has STALE', big.vaults.some((v) => v.state === 'STALE'), true);
  equal('big has verdicts', Number(big.message.verdictCount) > 2, true);
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
