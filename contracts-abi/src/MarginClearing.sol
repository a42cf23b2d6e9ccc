// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import "./Types.sol";
import {Charter, Law} from "./Charter.sol";
import {Latest} from "./Latest.sol";
import {Margin} from "./Margin.sol";
import {MarginPool} from "./MarginPool.sol";
import {Prices} from "./Prices.sol";
import {Registrar} from "./Registrar.sol";
import {Rules} from "./Rules.sol";
import {Signatures} from "./Signatures.sol";
import {Vault, Vaults} from "./Vaults.sol";

/// Clearing of linear vaults on margind's signed word.
///
/// A vault is judged by its live balances, the signed price vector and the
/// rules: never by a leaf, so neither a missing nor a false verdict touches it.
/// Amounts are token atoms (u128), prices and values USD with 18 decimals,
/// factors ppb, times of the attestation Unix milliseconds.
///
/// Who may do what: anyone submits, liquidates, repays, and deposits into a leg
/// that exists; a vault's owner adds legs, withdraws and borrows; the
/// contract's owner lends, rotates signers, pauses, and changes rules behind a
/// timelock.  While paused nothing that needs an attestation works; deposits,
/// repayments and the withdrawals of a vault without debt do.
contract MarginClearing is EIP712, Ownable2Step, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Vaults for Vault;
    using Vaults for uint256;
    using Charter for Law;

    uint256 private constant AHEAD_MS = 15_000; // asOf may run before the block
    uint256 private constant AGE_MS = 45_000; // of a liquidation's header
    uint256 private constant GRACE_MS = 15_000; // the rules before live on
    // A header stands in for the permit where the owner acts, so it lives as
    // long as one: 30 s, and not beside a header 15 s newer.
    uint256 private constant ACTION_AGE_MS = 30_000;
    uint256 private constant ACTION_LATE_MS = 15_000;
    uint256 private constant BLOCK_HASHES = 256;

    /// Rules that wait: kept as a charter without signers.
    struct Pending {
        address code;
        uint64 readyAt; // Unix seconds
    }

    bytes32 public immutable book;
    MarginPool public immutable pool;
    Registrar public immutable registrar;
    bool public immutable checkBlockHash;
    bool public immutable unsafeThreshold;
    uint256 public immutable latenessMs;
    uint256 public immutable rulesDelaySeconds;
    uint256 public immutable faulty;

    uint256 private _latest; // packed: Latest.sol
    bytes32 private _digest;
    address private _charter;
    Pending private _pending;
    mapping(bytes32 => Vault) private _vaults;

    event VaultOpened(bytes32 indexed vault, address indexed owner, uint256 index, uint8 mode);
    event Deposited(bytes32 indexed vault, address token, uint256 amount);
    event Withdrawn(bytes32 indexed vault, address token, uint256 amount);
    event Borrowed(bytes32 indexed vault, address token, uint256 amount);
    event Repaid(bytes32 indexed vault, address token, uint256 amount);
    event Liquidated(
        bytes32 indexed vault,
        address indexed liquidator,
        address collateral,
        address debt,
        uint256 repaid,
        uint256 seized
    );
    event Submitted(uint64 indexed sequence, bytes32 digest, uint64 asOf, uint8 status);
    event Equivocation(uint64 indexed sequence, bytes32 stored, bytes32 other);
    event SignersRotated(address[] signers, uint256 threshold);
    event RulesProposed(bytes32 rulesHash, uint64 readyAt);
    event RulesCancelled(bytes32 rulesHash);
    event RulesActivated(bytes32 rulesHash, uint64 since);
    event Paused(address by);
    event Unpaused(address by);
    event Supplied(address token, uint256 amount);
    event Unsupplied(address token, uint256 amount);

    error IsPaused();
    error NotPaused();
    error WrongBook(bytes32 given);
    error UnknownStatus(uint256 status);
    error AsOfAhead(uint256 asOf);
    error AsOfTooOld(uint256 asOf);
    error Expired(uint256 validUntil);
    error BlockAhead(uint256 blockNumber);
    error BlockHashMismatch(uint256 blockNumber);
    error RulesUnknown(bytes32 rulesHash);
    error RulesNotInForce(bytes32 rulesHash, uint256 asOf);
    error HeaderRefused();
    error HeaderSuperseded(uint256 asOf, uint256 latestAsOf);
    error HeaderBeforeRefusal(uint256 asOf, uint256 lastRefusal);
    error HeaderNotStored(bytes32 digest);
    error HeaderEquivocates(uint256 sequence);
    error PricesLength(uint256 given, uint256 assets);
    error PricesMismatch(bytes32 given);
    error PriceRefused(uint256 slot);
    error VaultUnknown(bytes32 vault);
    error VaultExists(bytes32 vault);
    error VaultNotLinear(bytes32 vault);
    error VaultHealthy(bytes32 vault);
    error VaultUndercollateralised(bytes32 vault);
    error NotCollateral(address token);
    error NotDebt(address token);
    error NotVaultOwner(address caller);
    error AmountZero();
    error AmountAbove(uint256 asked, uint256 held);
    error SeizeBelowMinimum(uint256 seized, uint256 minSeize);
    error TransferNotExact(address token);
    error RecipientZero();
    error ConfigLateness(uint256 seconds_);
    error ConfigRulesDelay(uint256 seconds_);
    error RulesNotProposed();
    error RulesNotReady(uint64 readyAt);

    constructor(
        bytes32 book_,
        bytes memory rulesBlob,
        address[] memory signers,
        uint256 k,
        address admin,
        Config memory config
    ) EIP712("margind", "1") Ownable(admin) {
        if (config.latenessSeconds * 1000 > AGE_MS) {
            revert ConfigLateness(config.latenessSeconds);
        }
        // Not below the grace, so that never three sets of rules are alive.
        if (config.rulesDelaySeconds * 1000 < GRACE_MS) revert ConfigRulesDelay(config.rulesDelaySeconds);
        book = book_;
        pool = new MarginPool();
        checkBlockHash = config.checkBlockHash;
        unsafeThreshold = config.unsafeThreshold;
        latenessMs = uint256(config.latenessSeconds) * 1000;
        rulesDelaySeconds = config.rulesDelaySeconds;
        faulty = config.faulty;
        registrar = new Registrar();
        _charter = registrar.found(rulesBlob, signers, k, config.faulty, config.unsafeThreshold);
    }

    // ---- attestations -----------------------------------------------------

    /// Stores a header.  A late one (sequence not above the latest, or a lower
    /// asOf) changes nothing and does not revert; the same sequence with
    /// another digest and valid signatures pauses the contract.
    function submit(Attestation calldata a, uint256 signers, bytes calldata signatures) external {
        uint256 last = _running(a);
        uint256 ahead = Fields.sequence(a);
        if (ahead < Latest.sequence(last)) return;
        bytes32 digest = _hash(a);
        bool repeats = ahead == Latest.sequence(last);
        if (repeats && !_differs(digest)) return;
        Law memory law = _signed(digest, signers, signatures);
        if (repeats) {
            _equivocate(last, digest);
            return;
        }
        _checkHeader(a, law);
        _store(a, last, digest);
    }

    /// Liquidates on the header in calldata.  signers == 0: without signatures,
    /// the header must be the stored one.
    function liquidate(
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256[] calldata prices,
        Liquidation calldata l
    ) external nonReentrant returns (uint256 repaid, uint256 seized) {
        address rulesCode = _authorise(a, signers, signatures, AGE_MS, latenessMs);
        return _liquidate(a, rulesCode, prices, l);
    }

    /// Both in one transaction.  If somebody stored a newer header first, this
    /// one still liquidates.  If it equivocates, the contract pauses and the
    /// call ends with nothing moved.
    function submitAndLiquidate(
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256[] calldata prices,
        Liquidation calldata l
    ) external nonReentrant returns (uint256 repaid, uint256 seized) {
        uint256 last = _running(a);
        bytes32 digest = _hash(a);
        Law memory law = _signed(digest, signers, signatures);
        if (Fields.sequence(a) == Latest.sequence(last) && _differs(digest)) {
            _equivocate(last, digest);
            return (0, 0);
        }
        address rulesCode = _checkHeader(a, law);
        if (Fields.sequence(a) > Latest.sequence(last)) last = _store(a, last, digest);
        _checkFresh(a, last, AGE_MS, latenessMs);
        return _liquidate(a, rulesCode, prices, l);
    }

    /// True if another digest is stored; nothing is, after a rotation.
    function _differs(bytes32 digest) private view returns (bool) {
        bytes32 stored = _digest;
        return stored != 0 && stored != digest;
    }

    function _store(Attestation calldata a, uint256 last, bytes32 digest) private returns (uint256) {
        uint256 asOf = Fields.asOf(a);
        uint256 status = Fields.status(a);
        if (asOf < Latest.asOf(last)) return last;
        uint256 refusal = status == STATUS_REFUSED ? asOf : Latest.lastRefusal(last);
        last = Latest.pack(Fields.sequence(a), asOf, refusal, status);
        _latest = last;
        _digest = digest;
        emit Submitted(uint64(Fields.sequence(a)), digest, uint64(asOf), uint8(status));
        return last;
    }

    function _equivocate(uint256 last, bytes32 digest) private {
        _latest = Latest.withPause(last);
        emit Equivocation(uint64(Latest.sequence(last)), _digest, digest);
        emit Paused(msg.sender);
    }

    /// The latest word, unless paused.  A sequence counts within its book, so
    /// that is asked before anything is judged.
    function _running(Attestation calldata a) private view returns (uint256 last) {
        last = _latest;
        if (Latest.isPaused(last)) revert IsPaused();
        if (Fields.book(a) != book) revert WrongBook(Fields.book(a));
    }

    function _signed(bytes32 digest, uint256 signers, bytes calldata signatures)
        private
        view
        returns (Law memory law)
    {
        uint256 table;
        (law, table) = Charter.readSigners(_charter, signers);
        Signatures.check(digest, signers, signatures, table, law.signers(), law.threshold());
    }

    /// A header that may move money now: signed or stored, in its time, not
    /// refused.  Answers the charter that holds the rules it binds.
    function _authorise(
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256 ageMs,
        uint256 lateMs
    ) private view returns (address rulesCode) {
        uint256 last = _running(a);
        bytes32 digest = _hash(a);
        if (signers == 0) {
            if (signatures.length != 0) revert Signatures.SignatureCount(signatures.length / 64);
            if (digest != _digest) revert HeaderNotStored(digest);
            _checkTimes(a);
            rulesCode = _rulesOf(a, Charter.read(_charter));
        } else {
            Law memory law = _signed(digest, signers, signatures);
            if (Fields.sequence(a) == Latest.sequence(last) && _differs(digest)) {
                revert HeaderEquivocates(Fields.sequence(a));
            }
            rulesCode = _checkHeader(a, law);
        }
        _checkFresh(a, last, ageMs, lateMs);
    }

    function _checkHeader(Attestation calldata a, Law memory law) private view returns (address) {
        if (Fields.status(a) > STATUS_REFUSED) revert UnknownStatus(Fields.status(a));
        _checkTimes(a);
        if (Fields.blockNumber(a) >= block.number) revert BlockAhead(Fields.blockNumber(a));
        unchecked {
            if (checkBlockHash && block.number - Fields.blockNumber(a) <= BLOCK_HASHES) {
                if (blockhash(Fields.blockNumber(a)) != Fields.blockHash(a)) {
                    revert BlockHashMismatch(Fields.blockNumber(a));
                }
            }
        }
        return _rulesOf(a, law);
    }

    // Times are below 2^64 ms: no sum here can wrap.
    function _checkTimes(Attestation calldata a) private view {
        unchecked {
            uint256 nowMs = block.timestamp * 1000;
            if (Fields.asOf(a) > nowMs + AHEAD_MS) revert AsOfAhead(Fields.asOf(a));
            if (nowMs > Fields.validUntil(a)) revert Expired(Fields.validUntil(a));
        }
    }

    function _checkFresh(Attestation calldata a, uint256 last, uint256 ageMs, uint256 lateMs) private view {
        unchecked {
            uint256 asOf = Fields.asOf(a);
            if (Fields.status(a) == STATUS_REFUSED) revert HeaderRefused();
            if (asOf + ageMs < block.timestamp * 1000) revert AsOfTooOld(asOf);
            if (asOf + lateMs < Latest.asOf(last)) revert HeaderSuperseded(asOf, Latest.asOf(last));
            if (asOf <= Latest.lastRefusal(last)) {
                revert HeaderBeforeRefusal(asOf, Latest.lastRefusal(last));
            }
        }
    }

    /// The charter whose rules were in force at the header's asOf; those before
    /// live GRACE_MS longer, since signers learn of a change from the chain.
    function _rulesOf(Attestation calldata a, Law memory law) private pure returns (address) {
        unchecked {
            uint256 sinceMs = law.since() * 1000;
            bytes32 hash = Fields.rulesHash(a);
            if (hash == law.rulesHash) {
                if (Fields.asOf(a) < sinceMs) revert RulesNotInForce(hash, Fields.asOf(a));
                return law.code;
            }
            if (law.previous() == address(0) || hash != law.previousHash) revert RulesUnknown(hash);
            if (Fields.asOf(a) >= sinceMs + GRACE_MS) revert RulesNotInForce(hash, Fields.asOf(a));
            return law.previous();
        }
    }

    function _hash(Attestation calldata a) private view returns (bytes32) {
        bytes32 typeHash = ATTESTATION_TYPEHASH;
        bytes32 structHash;
        // Static fields only: calldata already is their encoding.  A word with
        // dirty high bits hashes to something that nobody signed.
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            calldatacopy(add(p, 32), a, 544)
            structHash := keccak256(p, 576)
        }
        return MessageHashUtils.toTypedDataHash(_domainSeparatorV4(), structHash);
    }

    // ---- liquidation ------------------------------------------------------

    function _liquidate(
        Attestation calldata a,
        address rulesCode,
        uint256[] calldata prices,
        Liquidation calldata l
    ) private returns (uint256 repaid, uint256 seized) {
        if (l.recipient == address(0)) revert RecipientZero();
        bytes32 id = _key(l.owner, l.index);
        Vault storage v = _vaults[id];
        uint256 head = _open(v, id);
        if (!head.isLinear()) revert VaultNotLinear(id);

        uint256 collateralLeg;
        uint256 debtLeg;
        uint256 collateralHeld;
        uint256 debtHeld;
        {
            (uint256[] memory assets, uint256[] memory rows) = Rules.load(rulesCode, head.mode());
            _checkPrices(a, prices, assets.length);
            uint256[] memory amounts = v.amounts(head);
            (uint256 gain, uint256 owed) = Margin.weigh(head, amounts, assets, rows, prices, false);
            if (gain >= owed) revert VaultHealthy(id);

            Margin.Exchange memory x;
            (collateralLeg, x.collateralAsset, x.collateralRow, x.collateralPrice) =
                _findLeg(head, assets, rows, prices, l.collateral, 0);
            if (collateralLeg == amounts.length) revert NotCollateral(l.collateral);
            (debtLeg, x.debtAsset, x.debtRow, x.debtPrice) =
                _findLeg(head, assets, rows, prices, l.debt, Vaults.DEBT);
            if (debtLeg == amounts.length) revert NotDebt(l.debt);
            x.collateral = collateralHeld = Margin.word(amounts, collateralLeg);
            x.debt = debtHeld = Margin.word(amounts, debtLeg);
            (repaid, seized) = Margin.exchange(x, gain, owed, l.repay);
            if (seized < l.minSeize) revert SeizeBelowMinimum(seized, l.minSeize);
        }

        // The higher leg first: removing it moves the last one into its place,
        // which leaves the lower one where it was found.
        head = head.withLiquidation();
        if (collateralLeg > debtLeg) {
            head = v.set(head, collateralLeg, collateralHeld - seized);
            head = v.set(head, debtLeg, debtHeld - repaid);
        } else {
            head = v.set(head, debtLeg, debtHeld - repaid);
            head = v.set(head, collateralLeg, collateralHeld - seized);
        }
        v.head = head;
        emit Liquidated(id, msg.sender, l.collateral, l.debt, repaid, seized);

        _pull(l.debt, msg.sender, address(pool), repaid);
        _push(l.collateral, l.recipient, seized);
    }

    function _checkPrices(Attestation calldata a, uint256[] calldata prices, uint256 assets) private pure {
        if (prices.length != assets) revert PricesLength(prices.length, assets);
        bytes32 hash = Prices.hash(prices);
        if (hash != Fields.pricesHash(a)) revert PricesMismatch(hash);
    }

    /// The leg of a token on one side, with its asset, row and mid price, which
    /// must not be refused; the leg count if there is none.  After weigh, which
    /// has shown every slot to lie within the rules.
    function _findLeg(
        uint256 head,
        uint256[] memory assets,
        uint256[] memory rows,
        uint256[] calldata prices,
        address token,
        uint256 side
    ) private pure returns (uint256 i, uint256 asset, uint256 row, uint256 mid) {
        uint256 n = head.count();
        unchecked {
            for (i = 0; i < n; i++) {
                uint256 which = head.leg(i);
                uint256 slot = which & 0xff;
                asset = Margin.word(assets, slot);
                if (which & Vaults.DEBT != side || Rules.token(asset) != token) continue;
                row = Margin.word(rows, slot);
                uint256 price = Margin.wordOf(prices, slot);
                if (Prices.refused(price)) revert PriceRefused(slot);
                mid = Prices.mid(price);
                return (i, asset, row, mid);
            }
        }
    }

    // ---- vaults -----------------------------------------------------------

    function openVault(uint256 index, uint8 mode) external returns (bytes32 vault) {
        vault = _key(msg.sender, index);
        Vault storage v = _vaults[vault];
        if (v.head != 0) revert VaultExists(vault);
        if (mode >= Rules.modes(_charter)) revert Rules.UnknownMode(mode);
        v.head = Vaults.create(mode);
        v.owner = msg.sender;
        v.index = index;
        emit VaultOpened(vault, msg.sender, index, mode);
    }

    /// Anyone may add to a collateral leg; only the owner adds a leg.
    function deposit(address owner_, uint256 index, address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert AmountZero();
        bytes32 id = _key(owner_, index);
        Vault storage v = _vaults[id];
        uint256 head = _open(v, id);
        uint256 which = Rules.slotOf(_charter, token);
        uint256 i = head.find(which);
        if (i < head.count()) {
            head = v.set(head, i, v.amount(i) + amount);
        } else {
            if (msg.sender != owner_) revert NotVaultOwner(msg.sender);
            v.head = v.add(head, which, amount);
        }
        emit Deposited(id, token, amount);
        _pull(token, msg.sender, address(this), amount);
    }

    /// Free for a vault without debt, whose header arguments are not read;
    /// otherwise initial margin must hold afterwards, on signed prices.
    function withdraw(
        uint256 index,
        address token,
        uint256 amount,
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256[] calldata prices
    ) external nonReentrant {
        if (amount == 0) revert AmountZero();
        bytes32 id = _key(msg.sender, index);
        Vault storage v = _vaults[id];
        uint256 head = _open(v, id).withNonce();
        uint256 i = head.find(Rules.slotOf(_charter, token));
        if (i == head.count()) revert NotCollateral(token);
        uint256 held = v.amount(i);
        if (amount > held) revert AmountAbove(amount, held);
        head = v.set(head, i, held - amount);
        v.head = head;
        if (head.hasDebt()) _checkInitial(v, id, head, a, signers, signatures, prices);
        emit Withdrawn(id, token, amount);
        _push(token, msg.sender, amount);
    }

    function borrow(
        uint256 index,
        address token,
        uint256 amount,
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256[] calldata prices
    ) external nonReentrant {
        if (amount == 0) revert AmountZero();
        bytes32 id = _key(msg.sender, index);
        Vault storage v = _vaults[id];
        uint256 head = _open(v, id).withNonce();
        uint256 which = Rules.slotOf(_charter, token) | Vaults.DEBT;
        uint256 i = head.find(which);
        if (i < head.count()) head = v.set(head, i, v.amount(i) + amount);
        else head = v.add(head, which, amount);
        v.head = head;
        _checkInitial(v, id, head, a, signers, signatures, prices);
        emit Borrowed(id, token, amount);
        uint256 before = _balance(token, address(pool));
        pool.pay(IERC20(token), msg.sender, amount);
        if (_balance(token, address(pool)) + amount != before) revert TransferNotExact(token);
    }

    /// By anyone; what is above the debt is not taken.
    function repay(address owner_, uint256 index, address token, uint256 amount) external nonReentrant {
        bytes32 id = _key(owner_, index);
        Vault storage v = _vaults[id];
        uint256 head = _open(v, id);
        uint256 i = head.find(Rules.slotOf(_charter, token) | Vaults.DEBT);
        if (i == head.count()) revert NotDebt(token);
        uint256 owed = v.amount(i);
        amount = Math.min(amount, owed);
        if (amount == 0) revert AmountZero();
        v.head = v.set(head, i, owed - amount);
        emit Repaid(id, token, amount);
        _pull(token, msg.sender, address(pool), amount);
    }

    function _checkInitial(
        Vault storage v,
        bytes32 id,
        uint256 head,
        Attestation calldata a,
        uint256 signers,
        bytes calldata signatures,
        uint256[] calldata prices
    ) private view {
        address rulesCode = _authorise(
            a, signers, signatures, ACTION_AGE_MS, Math.min(ACTION_LATE_MS, latenessMs)
        );
        (uint256[] memory assets, uint256[] memory rows) = Rules.load(rulesCode, head.mode());
        _checkPrices(a, prices, assets.length);
        (uint256 gain, uint256 owed) = Margin.weigh(head, v.amounts(head), assets, rows, prices, true);
        if (gain < owed) revert VaultUndercollateralised(id);
    }

    function _open(Vault storage v, bytes32 id) private view returns (uint256 head) {
        head = v.head;
        if (!head.isOpen()) revert VaultUnknown(id);
    }

    function _key(address owner_, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(owner_, index));
    }

    // Tokens that take a fee or rebase are refused by what the balance says.
    function _pull(address token, address from, address to, uint256 amount) private {
        uint256 before = _balance(token, to);
        IERC20(token).safeTransferFrom(from, to, amount);
        if (_balance(token, to) != before + amount) revert TransferNotExact(token);
    }

    function _push(address token, address to, uint256 amount) private {
        uint256 before = _balance(token, address(this));
        IERC20(token).safeTransfer(to, amount);
        if (_balance(token, address(this)) + amount != before) revert TransferNotExact(token);
    }

    /// balanceOf, four of them in a liquidation: so without a decoder.
    function _balance(address token, address who) private view returns (uint256 amount) {
        bool ok;
        uint256 selector = uint256(uint32(IERC20.balanceOf.selector));
        assembly ("memory-safe") {
            mstore(0, shl(224, selector))
            mstore(4, and(who, 0xffffffffffffffffffffffffffffffffffffffff))
            ok := and(gt(returndatasize(), 31), staticcall(gas(), token, 0, 36, 0, 32))
            amount := mload(0)
        }
        if (!ok) revert SafeERC20.SafeERC20FailedOperation(token);
    }

    // ---- the owner --------------------------------------------------------

    function supply(address token, uint256 amount) external onlyOwner nonReentrant {
        emit Supplied(token, amount);
        _pull(token, msg.sender, address(pool), amount);
    }

    function unsupply(address token, uint256 amount) external onlyOwner nonReentrant {
        emit Unsupplied(token, amount);
        pool.pay(IERC20(token), msg.sender, amount);
    }

    /// At once, for a stolen key cannot wait.  The stored digest goes, so that
    /// no header of the old table works without signatures.
    function rotateSigners(address[] calldata signers, uint256 k) external onlyOwner {
        _charter = registrar.rotate(_charter, signers, k, faulty, unsafeThreshold);
        _digest = 0;
        emit SignersRotated(signers, k);
    }

    function proposeRules(bytes calldata blob) external onlyOwner {
        uint64 readyAt = uint64(block.timestamp + rulesDelaySeconds);
        _pending = Pending(registrar.propose(_charter, blob), readyAt);
        emit RulesProposed(keccak256(blob), readyAt);
    }

    function cancelRules() external onlyOwner {
        address code = _pending.code;
        if (code == address(0)) revert RulesNotProposed();
        delete _pending;
        emit RulesCancelled(Charter.read(code).rulesHash);
    }

    function activateRules() external onlyOwner {
        Pending memory p = _pending;
        if (p.code == address(0)) revert RulesNotProposed();
        if (block.timestamp < p.readyAt) revert RulesNotReady(p.readyAt);
        delete _pending;
        _charter = registrar.activate(_charter, p.code);
        emit RulesActivated(Charter.read(p.code).rulesHash, uint64(block.timestamp));
    }

    function pause() external onlyOwner {
        if (Latest.isPaused(_latest)) revert IsPaused();
        _latest = Latest.withPause(_latest);
        emit Paused(msg.sender);
    }

    /// The stored digest goes with the pause: proof of an old equivocation must
    /// not pause again.
    function unpause() external onlyOwner {
        if (!Latest.isPaused(_latest)) revert NotPaused();
        _latest = Latest.withoutPause(_latest);
        _digest = 0;
        emit Unpaused(msg.sender);
    }

    // ---- views ------------------------------------------------------------

    function latest()
        external
        view
        returns (bytes32 digest, uint64 sequence, uint64 asOf, uint8 status, uint64 lastRefusal)
    {
        uint256 last = _latest;
        (digest, sequence, asOf) = (_digest, uint64(Latest.sequence(last)), uint64(Latest.asOf(last)));
        (status, lastRefusal) = (uint8(Latest.status(last)), uint64(Latest.lastRefusal(last)));
    }

    function paused() external view returns (bool) {
        return Latest.isPaused(_latest);
    }

    function rules() external view returns (bytes memory blob) {
        return Rules.blob(_charter);
    }

    function rulesHash() external view returns (bytes32) {
        return Charter.read(_charter).rulesHash;
    }

    /// Unix seconds since when these rules are in force (0: from the start),
    /// and the hash of those before.
    function rulesSince() external view returns (uint64 since, bytes32 previousHash) {
        Law memory law = Charter.read(_charter);
        return (uint64(law.since()), law.previousHash);
    }

    function pendingRules() external view returns (bytes memory blob, uint64 readyAt) {
        Pending memory p = _pending;
        if (p.code != address(0)) blob = Rules.blob(p.code);
        readyAt = p.readyAt;
    }

    function threshold() external view returns (uint256 k) {
        return Charter.read(_charter).threshold();
    }

    function signerTable() external view returns (address[] memory table) {
        return Charter.signerTable(Charter.read(_charter));
    }

    function digestOf(Attestation calldata a) external view returns (bytes32) {
        return _hash(a);
    }

    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// A vault as it stands; all zero if there is none.  Each slot list is
    /// strictly ascending.
    function vaultState(bytes32 vault)
        external
        view
        returns (
            address owner,
            uint256 index,
            uint64 nonce,
            uint64 liquidations,
            uint8 mode,
            uint8[] memory collateralSlots,
            uint256[] memory collateralAmounts,
            uint8[] memory debtSlots,
            uint256[] memory debtAmounts
        )
    {
        Vault storage v = _vaults[vault];
        uint256 head = v.head;
        (owner, index, mode) = (v.owner, v.index, uint8(head.mode()));
        (nonce, liquidations) = (uint64(head.nonce()), uint64(head.liquidations()));
        (collateralSlots, collateralAmounts) = _side(v, head, 0);
        (debtSlots, debtAmounts) = _side(v, head, Vaults.DEBT);
    }

    function isLinear(bytes32 vault) external view returns (bool) {
        return _vaults[vault].head.isLinear();
    }

    function _side(Vault storage v, uint256 head, uint256 side)
        private
        view
        returns (uint8[] memory slots, uint256[] memory amounts)
    {
        uint256 n = head.count();
        uint256 found = 0;
        for (uint256 i = 0; i < n; i++) {
            if (head.leg(i) & Vaults.DEBT == side) found++;
        }
        slots = new uint8[](found);
        amounts = new uint256[](found);
        found = 0;
        for (uint256 i = 0; i < n; i++) {
            uint256 which = head.leg(i);
            if (which & Vaults.DEBT != side) continue;
            uint256 j = found++;
            for (; j > 0 && slots[j - 1] > which & 0xff; j--) {
                (slots[j], amounts[j]) = (slots[j - 1], amounts[j - 1]);
            }
            (slots[j], amounts[j]) = (uint8(which & 0xff), v.amount(i));
        }
    }
}
