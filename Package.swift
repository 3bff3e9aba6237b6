// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// One room of the house: a target, and the rooms below it that it may use.
struct Room {
  var name: String
  var rooms: [String] = []
  var products: [Target.Dependency] = []
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Layers from the ground up; an arrow only ever points to an earlier line.
let rooms = [
  Room(name: "Documents"),
  Room(name: "Tensors"),
  Room(name: "Patterns", rooms: ["CPCRE2"]),
  Room(name: "Datasets", rooms: ["Documents", "CLZ4", "CSnappy", "CZlib", "CZstd"], products: [yams]),
  Room(name: "Templates", rooms: ["Documents", "Patterns"]),
  Room(name: "Kernels", rooms: ["Tensors", "CKernels", "COneDNN"]),
  Room(
    name: "Checkpoints", rooms: ["Documents", "Tensors", "Kernels", "Patterns", "CHDF5Listing", "CXXHash", "CZlib"]),
  Room(name: "MergeMethods", rooms: ["Documents", "Tensors", "Kernels"]),
  Room(name: "Vocabularies", rooms: ["Documents", "Tensors", "Templates"]),
  Room(name: "LanguageModels", rooms: ["Documents", "Tensors", "Kernels", "Patterns", "Templates"]),
  Room(name: "ServedModels", rooms: ["Documents", "LanguageModels"]),
  Room(
    name: "MergeSpecs", rooms: ["Documents", "Tensors", "MergeMethods", "Vocabularies", "Patterns"], products: [yams]),
  Room(
    name: "Merging",
    rooms: ["Documents", "Tensors", "Kernels", "Checkpoints", "MergeMethods", "Vocabularies", "MergeSpecs"],
    products: [yams]),
  Room(name: "Evaluation", rooms: ["Documents", "Tensors", "Checkpoints", "Templates", "LanguageModels"]),
  Room(
    name: "Tasks",
    rooms: ["Documents", "Patterns", "Datasets", "Templates", "LanguageModels", "Evaluation", "CCrypto"],
    products: [yams]),
  Room(name: "Comparisons", rooms: ["Documents", "Tensors", "Kernels", "MergeSpecs"]),
  Room(name: "Reports", rooms: ["Documents", "Tensors", "Merging", "Evaluation", "Comparisons"]),
  Room(
    name: "Batches",
    rooms: [
      "Documents", "Tensors", "Kernels", "Checkpoints", "Templates", "LanguageModels", "ServedModels", "MergeSpecs",
      "Merging", "Evaluation", "Datasets", "Tasks", "Reports",
    ]),
]
let libraries = rooms.map(\.name)

/// The folders of golden files in a test target: they lie beside the tests, but the package manager need not know them.
func goldens(of target: String) -> [String] {
  let paths = FileManager.default.enumerator(atPath: Context.packageDirectory + "/Tests/" + target)
  return (paths?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("Goldens") }.sorted()
}

let package = Package(
  name: "braid",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "braid", targets: ["braid"]),
    .library(name: "Braid", targets: libraries),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(
      name: "CKernels",
      // Loops over whole slabs: always optimised, and never contracted into fused operations, so that every
      // build and every CPU gives the same bits.
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .target(name: "CHDF5Listing", dependencies: ["CHDF5"]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"]), .brew(["snappy"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
  ]
    + rooms.map { room in
      .target(name: room.name, dependencies: room.rooms.map { .init(stringLiteral: $0) } + room.products)
    }
    + rooms.map { room in
      .testTarget(
        name: room.name + "Tests",
        dependencies: [.init(stringLiteral: room.name), "BraidTesting"] + room.rooms.map { .init(stringLiteral: $0) },
        exclude: goldens(of: room.name + "Tests"))
    }
    + [
      .executableTarget(name: "braid", dependencies: libraries.map { .init(stringLiteral: $0) } + [argumentParser]),
      // What `make bench` runs; not a product.
      .executableTarget(
        name: "braid-bench",
        dependencies: ["Documents", "Tensors", "Kernels", "Checkpoints", "LanguageModels", "MergeSpecs", "Merging"]
          + [argumentParser],
        exclude: ["Peers"]),
      // What `make fuzz` runs; not a product.
      .executableTarget(name: "braid-fuzz", dependencies: ["Tensors", "Checkpoints", argumentParser]),
      // Fixtures, goldens, ulp comparison and the contract suites; not a product.
      .target(name: "BraidTesting", dependencies: ["Documents", "Tensors", "Checkpoints"]),
      .testTarget(
        name: "EndToEndTests",
        dependencies: [
          "braid", "braid-bench", "braid-fuzz", "BraidTesting", "Documents", "Tensors", "Checkpoints", "LanguageModels",
        ],
        exclude: goldens(of: "EndToEndTests")),
    ]
)

// The same strict manners in every room.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
let cells = [
  "CCrypto", "CHDF5", "CHDF5Listing", "CKernels", "CLZ4", "COneDNN", "CPCRE2", "CSnappy", "CXXHash", "CZlib", "CZstd",
]
for target in package.targets where !cells.contains(target.name) {
  target.swiftSettings = (target.swiftSettings ?? []) + strict
}
