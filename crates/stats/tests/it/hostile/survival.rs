//! Input that breaks naive code, for every public function of the family `survival`.
