//! Keys of tests.

/// The RSA-PSS key of RFC 9421, section B.1.2.
pub(crate) const RSA: &str = "-----BEGIN PRIVATE KEY-----\n\
    MIIEvgIBADALBgkqhkiG9w0BAQoEggSqMIIEpgIBAAKCAQEAr4tmm3r20Wd/Pbqv\n\
    P1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry5\n\
    3mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7Oyr\n\
    FAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUA\n\
    AN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw\n\
    9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oy\n\
    c6XI2wIDAQABAoIBAQCUB8ip+kJiiZVKF8AqfB/aUP0jTAqOQewK1kKJ/iQCXBCq\n\
    pbo360gvdt05H5VZ/RDVkEgO2k73VSsbulqezKs8RFs2tEmU+JgTI9MeQJPWcP6X\n\
    aKy6LIYs0E2cWgp8GADgoBs8llBq0UhX0KffglIeek3n7Z6Gt4YFge2TAcW2WbN4\n\
    XfK7lupFyo6HHyWRiYHMMARQXLJeOSdTn5aMBP0PO4bQyk5ORxTUSeOciPJUFktQ\n\
    HkvGbym7KryEfwH8Tks0L7WhzyP60PL3xS9FNOJi9m+zztwYIXGDQuKM2GDsITeD\n\
    2mI2oHoPMyAD0wdI7BwSVW18p1h+jgfc4dlexKYRAoGBAOVfuiEiOchGghV5vn5N\n\
    RDNscAFnpHj1QgMr6/UG05RTgmcLfVsI1I4bSkbrIuVKviGGf7atlkROALOG/xRx\n\
    DLadgBEeNyHL5lz6ihQaFJLVQ0u3U4SB67J0YtVO3R6lXcIjBDHuY8SjYJ7Ci6Z6\n\
    vuDcoaEujnlrtUhaMxvSfcUJAoGBAMPsCHXte1uWNAqYad2WdLjPDlKtQJK1diCm\n\
    rqmB2g8QE99hDOHItjDBEdpyFBKOIP+NpVtM2KLhRajjcL9Ph8jrID6XUqikQuVi\n\
    4J9FV2m42jXMuioTT13idAILanYg8D3idvy/3isDVkON0X3UAVKrgMEne0hJpkPL\n\
    FYqgetvDAoGBAKLQ6JZMbSe0pPIJkSamQhsehgL5Rs51iX4m1z7+sYFAJfhvN3Q/\n\
    OGIHDRp6HjMUcxHpHw7U+S1TETxePwKLnLKj6hw8jnX2/nZRgWHzgVcY+sPsReRx\n\
    NJVf+Cfh6yOtznfX00p+JWOXdSY8glSSHJwRAMog+hFGW1AYdt7w80XBAoGBAImR\n\
    NUugqapgaEA8TrFxkJmngXYaAqpA0iYRA7kv3S4QavPBUGtFJHBNULzitydkNtVZ\n\
    3w6hgce0h9YThTo/nKc+OZDZbgfN9s7cQ75x0PQCAO4fx2P91Q+mDzDUVTeG30mE\n\
    t2m3S0dGe47JiJxifV9P3wNBNrZGSIF3mrORBVNDAoGBAI0QKn2Iv7Sgo4T/XjND\n\
    dl2kZTXqGAk8dOhpUiw/HdM3OGWbhHj2NdCzBliOmPyQtAr770GITWvbAI+IRYyF\n\
    S7Fnk6ZVVVHsxjtaHy1uJGFlaZzKR4AGNaUTOJMs6NadzCmGPAxNQQOCqoUjn4XR\n\
    rOjr9w349JooGXhOxbu8nOxX\n\
    -----END PRIVATE KEY-----\n";

/// The public key, as a JSON web key with this id.
pub(crate) fn rsa_jwk(id: &str) -> serde_json::Value {
    serde_json::json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "e": "AQAB", "n": RSA_N})
}

const RSA_N: &str = "r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ\
    86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-\
    Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAd\
    Vw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w";

/// Made with `OpenSSL` for these tests. The private keys were deleted. All signatures are of
/// `text`.
pub(crate) const OPENSSL_RSA: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAokEm5ZZgeqb30ANoKVRbKVBuTW20O8c0w3J1i2+4R7pN\
    8dfH/08mKYAtUyD8EjAj9sHcta4i4NJOuytii0k34xSLaIIgXyYI6S0nyUQRQ8qQZtI18OZlijzwiRxuALlIuizN\
    VM+ZFdCgytnSHOppsKnyYCC8eIVE6fej4zwNeLQMqQfjxTcteWPVxVOdEizh0tc2RX66Vh/bRIZ2KevQYfFpR5Cu\
    5VJculHYTjlajMyUBiYeI9Pa+2hbzbPxR4cYtbZjR1DY2GyjwHwlFZjgBB286z6ObiCcZalJ8+Ha4oF+hwDavhzL\
    DJgSKtJ8HDQ6mGFdUceaVyVE7YUa9bOxmQIDAQAB";
pub(crate) const OPENSSL_RSA_SHA256: &str = "JGPM6YX7bXzJrBTVriYXxczER9xJILinLZm5PPisrLP/rGHkzMwXRW21qwjgpZSO75rKOiUGQ3G8xMxpp3Be0m39\
    lGaGN4yOE7VH4ym3m1/7A9/QiTQTB4y2OEN8AaLnujcDSsHKhlheVJM4tgLg5uu89FcrlU2aT156Q8xRSr6eyyAi\
    n4smtEWgNEe3s6cNb4Vu2oT8T7wOlfwN5xMbo57sUBCdPtRbGghpQ7QEcjBlLi/G2pPeDcrB3c/SaCCrLQGggRkg\
    QxM6A1URhSrhgt/ErHaP4wSOvBJPIX2D0ixiIU5X8rM3eYxizCOaDaEXWTOyXNC8EUk4+xR5sFKvUg==";
pub(crate) const OPENSSL_RSA_SHA1: &str = "Hw8svrJTUf+pJTHtsbuJiuyTmXC288MgP0cuw6DLjdEvKO4M6pzHz0Fj3lCWZ93TSnuwHx/0ejd3/V8ladrITwPz\
    4vkghHKxmAv+dJLP2yKvVlSI+b+17gcNQpYeucsnn0BwoepVhoE6OEBY//7qppwcF3mFEnu0FWQjKpU62HgOgMuK\
    7ouIlwyFNwRBhpmDoyDxpAK0vhafAsU3zROhMdwHsiEIGIESZP12etwhdKDaOjssOpbrYJIrscp9SuBrbhwnL9OK\
    Mr7gmhz6y4pWjntqqyIfZrwKkwenqGXBNLT2ZfZHAYY0jtFhgSKrQRH3n7QAYpgqdGFUYaY4DTbEVA==";
pub(crate) const OTHER_RSA: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3f5ShEDECPPGkgPjLlgGZQePhU4qpEU8oU6H9WTwrfL9\
    jaAiCB/PDGBZDtHl6dDwpcbnvG7tywv0sKoLA71lEqw2jAVN7rOzw0Fn5/e/l5iSoVPO7Jok8eWWR35DtY8IHnlX\
    mBUsA4I9yHM5f0LdJ2FEiGl0rwCs8pWntrwcVKSg9YPag9v9d4HSqWxlnLDOObhqoF8k8iUJ9KgSjO279oaN5Uqx\
    AQntVa9BIi6GEeUvNkm2uEQhoqlvcoS5dUfdUsSTlbbLlXxDgJrBXYtyIX3M/y90CI22kvSYhsxTv89PB/eyuPDQ\
    hV317gTAkSzBBI9QBitPnouYXFrqevk89QIDAQAB";
pub(crate) const OTHER_RSA_SHA512: &str = "x3v+/fXnK7U8Y2Yr1wn7lKN7ALTBqLmYsjfZbuU+/MhYPk61yMaHtKyjYLJ5vH61kBbrXsxJVSKKV282AmScyhv/\
    EqUcdKOpOAtC+S/tgf8E7Qv64CqrUvxPDK5y6j3MZM639cBSJY5NpPqok7QwDKgaQj42GxpX5VRvF+oKZXPZxOQ1\
    maHnKyDH/d4fUA6JmRZs4l8CuVvXZGEmZ+QaCUJEOFHRI60kMEvCpem/YYMvU/ngq5KHBQjiSCZifF3hYBGjCLsZ\
    yv/wRWtLvRBpIUWRYz9tGNQNpYg/CvGCevbLhNZ2XTWp5/qbUusLwjnyDY1ZqdywI9dmnGi9P1vdiw==";
pub(crate) const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9zQgPrTI7YxUExyvKi87GqHwQkZJU0U802qBGoWIveNVahoI/BSc\
    GATkNj3ru5IS6T9A3XHznKYPJDVJE26ztQ==";
pub(crate) const P256_SHA256: &str = "MEYCIQCFCukJ/JwYWe19fNQE6ih8ipoVixiwZHJJMSAEEizUCQIhAO+QBlmD9gE43Qt2aD/p+1mHsAtgBZETcK1c\
    N9b+X9bD";
